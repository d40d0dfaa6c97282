"""Every layer that a document can name, beside the blocks that hold documents themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from azuraforge_learner.layers.activations import (
    ELU,
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from azuraforge_learner.layers.batch_norm import BatchNorm
from azuraforge_learner.layers.bidirectional import Bidirectional
from azuraforge_learner.layers.convolution import Conv1D, Conv2D, ConvTranspose2D
from azuraforge_learner.layers.dropout import Dropout
from azuraforge_learner.layers.embedding import Embedding
from azuraforge_learner.layers.flatten import Flatten
from azuraforge_learner.layers.gru import GRU
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.linear import Linear
from azuraforge_learner.layers.lstm import LSTM
from azuraforge_learner.layers.multi_head_attention import MultiHeadAttention
from azuraforge_learner.layers.normalization import GroupNorm, LayerNorm, RMSNorm
from azuraforge_learner.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from azuraforge_learner.layers.positional_encoding import PositionalEncoding
from azuraforge_learner.layers.reshape import Reshape
from azuraforge_learner.layers.transformer_encoder import TransformerEncoder

_KINDS: Final[tuple[type[Layer], ...]] = (
    AvgPool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    ELU,
    Embedding,
    Flatten,
    GELU,
    GRU,
    GlobalAvgPool2D,
    GroupNorm,
    LSTM,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPool2D,
    MultiHeadAttention,
    PositionalEncoding,
    RMSNorm,
    ReLU,
    Reshape,
    SiLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    TransformerEncoder,
)

LAYERS: Final[Mapping[str, type[Layer]]] = MappingProxyType({kind.spec.type: kind for kind in _KINDS})
