"""`snakemake`, but it looks at SLURM's queue every two seconds.

The executor waits 10 s longer after every look at which no job had ended; no option shortens that. Of the small runs
of the tests it would be a third. All else is Snakemake's own `main`.
"""

import signal
import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

SECONDS = 2

# What a script's shell starts in the background ignores Ctrl-C, and so does all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
Executor.next_seconds_between_status_checks = property(lambda executor: SECONDS, lambda executor, seconds: None)

sys.exit(main())
