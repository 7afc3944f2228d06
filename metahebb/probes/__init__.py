"""What is done to a life while it runs."""

from metahebb.probes.base import Moment as Moment
from metahebb.probes.base import Probe as Probe
from metahebb.probes.freeze import Freeze as Freeze
