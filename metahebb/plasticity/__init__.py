"""What a synapse does: rules as scalar functions, and the kernels made of them."""

from metahebb.compiler import bounded as bounded
from metahebb.compiler import positive as positive
from metahebb.plasticity.bounds import Bounds as Bounds
from metahebb.plasticity.load import load_rule as load_rule
from metahebb.plasticity.rule import Rule as Rule
from metahebb.plasticity.rule import rule as rule
from metahebb.plasticity.sweep import compile_kernel as compile_kernel
