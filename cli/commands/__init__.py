"""One function a command of ``tocsin``: its options, and how its answer is told; the work is done beside."""
