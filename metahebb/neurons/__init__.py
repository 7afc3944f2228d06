"""Neurons: each is one scalar function in a file of its own.

To add a neuron, write a file and list the neuron here.
"""

from metahebb.compiler.load import load_function
from metahebb.neurons.deviating import deviating
from metahebb.neurons.leaky import leaky
from metahebb.neurons.leaky_output import leaky_output
from metahebb.neurons.linear import linear
from metahebb.neurons.neuron import RANDOM as RANDOM
from metahebb.neurons.neuron import SEEN as SEEN
from metahebb.neurons.neuron import Neuron as Neuron
from metahebb.neurons.neuron import neuron as neuron
from metahebb.neurons.noisy import noisy
from metahebb.neurons.perturbed import perturbed
from metahebb.neurons.perturbed_baseline import perturbed_baseline
from metahebb.neurons.perturbed_linear import perturbed_linear
from metahebb.neurons.perturbed_rectified import perturbed_rectified
from metahebb.neurons.tanh import tanh

NEURONS = {
    each.name: each
    for each in (
        deviating,
        leaky,
        leaky_output,
        linear,
        noisy,
        perturbed,
        perturbed_baseline,
        perturbed_linear,
        perturbed_rectified,
        tanh,
    )
}
"""All neurons that metahebb ships, by name."""


def load_neuron(text: str) -> Neuron:
    """Return the neuron that ``text`` names: a shipped one, or ``FILE.py:NEURON``.

    `metahebb.compiler.load.load_function` says what ``text`` can be.
    """
    return load_function(text, Neuron, NEURONS)
