"""The protocol of studies with the task `Reversal`, in which a hidden sign flips in mid-life."""
