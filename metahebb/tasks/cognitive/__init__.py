"""The tasks that animals are trained on, trial by trial, in environments of neurogym.

neurogym takes seconds to import, so that only the modules `library`, `context`, `detection` and
`wager` import it, and none of them is imported before a task is made.
"""
