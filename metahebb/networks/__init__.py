"""Who lives: networks whose weights change while they act."""

from metahebb.networks.base import Network as Network
from metahebb.networks.base import NetworkLanes as NetworkLanes
from metahebb.networks.feedforward import FeedForward as FeedForward
