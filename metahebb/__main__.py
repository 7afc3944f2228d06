"""``python -m metahebb``."""

import sys

from metahebb.cli import main

sys.exit(main())
