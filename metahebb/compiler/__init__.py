"""Scalar functions of one line or a few, made into compiled kernels that lie on disk."""

from metahebb.compiler.cache import cache_folder as cache_folder
from metahebb.compiler.cache import compiled as compiled
from metahebb.compiler.check import Language as Language
from metahebb.compiler.fold import Fold as Fold
from metahebb.compiler.fold import fold_of as fold_of
from metahebb.compiler.fold import random_points as random_points
from metahebb.compiler.ranges import Range as Range
from metahebb.compiler.ranges import bounded as bounded
from metahebb.compiler.ranges import positive as positive
from metahebb.compiler.scalar import Refused as Refused
from metahebb.compiler.scalar import ScalarFunction as ScalarFunction
from metahebb.compiler.translate import translated as translated
