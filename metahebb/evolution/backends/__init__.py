"""Backends live the lives of candidates: in threads of this process, or in Ray workers."""
