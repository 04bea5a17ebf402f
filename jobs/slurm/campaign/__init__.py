"""What jobs/slurm/submit is made of: checks before anything is queued, frozen configurations, tables of runs, the queue."""


class Refused(Exception):
    """Nothing may be submitted; the text says why."""

    def __init__(self, text, code=2):
        super().__init__(text)
        self.code = code
