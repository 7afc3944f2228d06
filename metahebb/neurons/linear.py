"""A neuron that puts out what it receives."""

from metahebb.neurons.neuron import neuron


@neuron
def linear(drive, /):  # type: ignore[no-untyped-def]
    """Output = drive."""
    return drive
