"""What a neuron does: scalar functions, one per file; to add one, write a file and list it here."""

from metahebb.compiler.load import load_function
from metahebb.neurons.leaky import leaky
from metahebb.neurons.leaky_output import leaky_output
from metahebb.neurons.linear import linear
from metahebb.neurons.neuron import SEEN as SEEN
from metahebb.neurons.neuron import Neuron as Neuron
from metahebb.neurons.neuron import neuron as neuron
from metahebb.neurons.tanh import tanh

NEURONS = {each.name: each for each in (leaky, leaky_output, linear, tanh)}
"""All shipped neurons by name."""


def load_neuron(text: str) -> Neuron:
    """Return the neuron called ``text``, or that of ``FILE.py:NEURON``; see `load_function`."""
    return load_function(text, Neuron, NEURONS)
