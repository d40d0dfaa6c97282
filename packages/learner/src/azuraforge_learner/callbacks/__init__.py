"""Callbacks: called at the named moments of a training."""

from azuraforge_learner.callbacks.best_checkpoint import BestCheckpoint
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.callbacks.early_stopping import EarlyStopping
from azuraforge_learner.callbacks.finite_guard import FiniteGuard
from azuraforge_learner.callbacks.history import History
from azuraforge_learner.callbacks.monitor import Monitor
from azuraforge_learner.callbacks.progress import BatchProgress, Progress
from azuraforge_learner.callbacks.reduce_on_plateau import ReduceOnPlateau
from azuraforge_learner.callbacks.weight_average import WeightAverage

__all__ = [
    "BatchProgress",
    "BestCheckpoint",
    "CallOrder",
    "Callback",
    "EarlyStopping",
    "FiniteGuard",
    "History",
    "Monitor",
    "Progress",
    "ReduceOnPlateau",
    "WeightAverage",
]
