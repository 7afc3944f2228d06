"""A neuron with an output that equals its drive."""

from metahebb.neurons.neuron import neuron


@neuron
def linear(drive, /):  # type: ignore[no-untyped-def]
    """Output = drive."""
    return drive
