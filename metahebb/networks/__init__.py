"""The networks that live: plastic ones, which change while they act, and static baselines."""

from metahebb.networks.base import Learning as Learning
from metahebb.networks.base import Network as Network
from metahebb.networks.base import NetworkLanes as NetworkLanes
from metahebb.networks.convolutional import Convolutional as Convolutional
from metahebb.networks.feedforward import FeedForward as FeedForward
from metahebb.networks.gated import Gated as Gated
from metahebb.networks.plastic import Plastic as Plastic
from metahebb.networks.rate import Rate as Rate
from metahebb.networks.recurrent import Recurrent as Recurrent
from metahebb.networks.registry import NETWORKS as NETWORKS
from metahebb.networks.registry import AnyNetwork as AnyNetwork
from metahebb.networks.registry import network_like as network_like
from metahebb.networks.senses import OBSERVED as OBSERVED
from metahebb.networks.senses import ObservationNorm as ObservationNorm
from metahebb.networks.senses import Senses as Senses
from metahebb.networks.topology import TOPOLOGIES as TOPOLOGIES
from metahebb.networks.topology import Dense as Dense
from metahebb.networks.topology import Evolved as Evolved
from metahebb.networks.topology import Modular as Modular
from metahebb.networks.topology import Sparse as Sparse
from metahebb.networks.topology import Static as Static
from metahebb.networks.topology import name_of_topology as name_of_topology
from metahebb.networks.wiring import mask_layers as mask_layers
from metahebb.networks.wiring import plastic_layers as plastic_layers
