"""Layers, optimizers, Learner, callbacks, data, pipelines, reports and model bundles of AzuraForge.

This list is the training side; pipelines, transforms, metrics, baselines and reports are packages of their own below.
"""

from azuraforge_learner import callbacks, errors, initialisers, layers
from azuraforge_learner.bundle_archive import pack_bundle, unpack_bundle
from azuraforge_learner.bundles import BUNDLE_FORMAT, Bundle, load_bundle, save_bundle
from azuraforge_learner.checkpoints import (
    CheckpointInfo,
    CheckpointStore,
    load_checkpoint,
    read_attachments,
    save_checkpoint,
    verify_checkpoint,
)
from azuraforge_learner.inference import Predictor, predict
from azuraforge_learner.learner import Learner
from azuraforge_learner.loader import ArrayDataset, DataLoader
from azuraforge_learner.losses import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Focal, Huber, Loss, Quantile
from azuraforge_learner.optimizers import SGD, Adam, AdamW, Lion, Optimizer, ParameterGroup, RMSprop
from azuraforge_learner.schedules import CosineDecay, OneCycle, Schedule, StepDecay, WarmUp
from azuraforge_learner.training import Training
from azuraforge_learner.truncation import truncated_backward

__all__ = [
    "BUNDLE_FORMAT",
    "MAE",
    "MSE",
    "SGD",
    "Adam",
    "AdamW",
    "ArrayDataset",
    "BinaryCrossEntropy",
    "Bundle",
    "CheckpointInfo",
    "CheckpointStore",
    "CosineDecay",
    "CrossEntropy",
    "DataLoader",
    "Focal",
    "Huber",
    "Learner",
    "Lion",
    "Loss",
    "OneCycle",
    "Optimizer",
    "ParameterGroup",
    "Predictor",
    "Quantile",
    "RMSprop",
    "Schedule",
    "StepDecay",
    "Training",
    "WarmUp",
    "callbacks",
    "errors",
    "initialisers",
    "layers",
    "load_bundle",
    "load_checkpoint",
    "pack_bundle",
    "predict",
    "read_attachments",
    "save_bundle",
    "save_checkpoint",
    "truncated_backward",
    "unpack_bundle",
    "verify_checkpoint",
]
