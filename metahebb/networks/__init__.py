"""Who lives: networks whose weights change while they act, and baselines whose do not."""

from metahebb.networks.base import Network as Network
from metahebb.networks.base import NetworkLanes as NetworkLanes
from metahebb.networks.feedforward import FeedForward as FeedForward
from metahebb.networks.gated import Gated as Gated
