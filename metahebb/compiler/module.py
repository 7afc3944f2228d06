"""The text that all kernel modules share: imports, decorators, and the compiled tanh."""

from __future__ import annotations

from metahebb.compiler.tanh import tanh_source

HEADER = '''"""Compiled plasticity, made from a rule; its folder is named by the hash of this."""

import numpy as np
from numba import njit
from numba.core.compiler import Compiler

f32 = np.float32
# No nnan or ninf: a network that leaves the finite numbers must be seen to do so.
# Callees are inlined: the process that compiles them would call another copy of their code than
# the processes that load it, and sums of that copy may be ordered otherwise.
fast = njit(nogil=True, cache=True, forceinline=True, error_model="numpy",
            fastmath={"reassoc", "contract", "arcp", "nsz"})


class Apart(Compiler):
    """Tells LLVM that array arguments do not overlap: else each row begins with the question."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        return super().define_pipelines()


apart = njit(nogil=True, cache=True, forceinline=True, error_model="numpy",
             pipeline_class=Apart, fastmath={"reassoc", "contract", "arcp", "nsz"})
'''


def module_text(*parts: str) -> str:
    """Return the text of a kernel module: the header, then ``parts`` of source, in order.

    Args:
        parts: functions decorated with ``@fast`` or ``@apart``, which may call each other and
            ``tanh``.
    """
    return "\n\n\n".join([HEADER, "@fast\n" + tanh_source(), *parts]) + "\n"
