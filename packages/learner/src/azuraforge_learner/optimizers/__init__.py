"""Optimizers over one flat buffer."""

from azuraforge_learner.optimizers.adam import Adam, AdamW
from azuraforge_learner.optimizers.lion import Lion
from azuraforge_learner.optimizers.optimizer import Optimizer, ParameterGroup
from azuraforge_learner.optimizers.rmsprop import RMSprop
from azuraforge_learner.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Lion", "Optimizer", "ParameterGroup", "RMSprop"]
