"""Probes, which change a life while it runs, and observers, which only watch it."""

from metahebb.probes.base import AnyObserver as AnyObserver
from metahebb.probes.base import AnyProbe as AnyProbe
from metahebb.probes.base import BirthProbe as BirthProbe
from metahebb.probes.base import Moment as Moment
from metahebb.probes.base import Observer as Observer
from metahebb.probes.base import OutputObserver as OutputObserver
from metahebb.probes.base import OutputProbe as OutputProbe
from metahebb.probes.base import Probe as Probe
from metahebb.probes.base import StepObserver as StepObserver
from metahebb.probes.base import text_of as text_of
from metahebb.probes.freeze import Freeze as Freeze
from metahebb.probes.registry import PROBES as PROBES
from metahebb.probes.registry import check_probes as check_probes
from metahebb.probes.registry import line_of as line_of
from metahebb.probes.registry import parse_probes as parse_probes
