"""What ``verify`` found otherwise than the journal, and on which machines."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence

from metahebb.report.table import text_table
from metahebb.runs.arithmetic import recorded
from metahebb.runs.folder import RunFolder
from metahebb.runs.manifest import own_fingerprint
from metahebb.runs.verify import Compared

SHOWN = 10
WIDTH = 40
"""Characters of a column, beyond which its text is wrapped: hashes and lists of SIMD features."""


def differences_table(compared: Sequence[Compared]) -> str:
    """Return the first `SHOWN` candidates whose fitness is another, then and now."""
    unlike = [each for each in compared if not each.is_equal]
    rows = [["generation", "candidate", "fitness in the journal", "fitness now"]]
    for each in unlike[:SHOWN]:
        place = [str(each.generation), str(each.candidate)]
        rows.append([*place, repr(each.journal), repr(each.lived)])
    rest = len(unlike) - SHOWN
    return text_table(rows) + (f"\n… and {rest} more" if rest > 0 else "")


def fingerprint_table(run: RunFolder, generation: int) -> str:
    """Return the fingerprint of whoever moved the center of ``run`` there, and this process's."""
    then, now = recorded(run, generation) or {}, own_fingerprint()
    rows = [["arithmetic", "of the run", "here"]]
    for key, value in now.items():
        of_run = then.get(key, "not recorded")
        columns = [textwrap.wrap(text, WIDTH) for text in (key, of_run, value)]
        rows.extend(map(list, itertools.zip_longest(*columns, fillvalue="")))
    return text_table(rows)
