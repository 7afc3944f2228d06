"""The protocol of the task `Reversal`, in which a hidden sign flips in mid-life."""
