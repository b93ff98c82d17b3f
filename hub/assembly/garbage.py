"""Python's cyclic collector, set for a process that lives long and holds much.

It looks at everything again whenever enough is new: with the defaults a hub under load stood still for a fifth of its
time, half a second at once. What is built at start stays for ever, so it need not be looked at; and a batch of events
makes thousands of objects that are gone, without any cycle, a moment later.
"""

import gc

YOUNG_MAX = 20_000  # new containers before a look at the young; the default of 700 is less than one batch of events
MIDDLE_MAX = 20
OLD_MAX = 20


def hold() -> None:
    """While a process is built, until `settle`: what is imported stays, and looking for garbage in it is a fifth of a
    start."""
    gc.disable()


def settle() -> None:
    """Once everything is built."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(YOUNG_MAX, MIDDLE_MAX, OLD_MAX)
