"""Layers: callables with parameters, each described by a `LayerSpec`."""

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
from azuraforge_learner.layers.blocks import Add, Concat, Residual
from azuraforge_learner.layers.convolution import Conv1D, Conv2D, ConvTranspose2D
from azuraforge_learner.layers.dropout import Dropout
from azuraforge_learner.layers.embedding import Embedding
from azuraforge_learner.layers.flatten import Flatten
from azuraforge_learner.layers.flops import count_flops
from azuraforge_learner.layers.graph import check_graph, to_graph
from azuraforge_learner.layers.graph_canonical import canonical_graph
from azuraforge_learner.layers.graph_document import GRAPH_FORMAT
from azuraforge_learner.layers.graph_layer import Graph, from_graph
from azuraforge_learner.layers.graph_survey import GraphSurvey, survey_graph
from azuraforge_learner.layers.gru import GRU
from azuraforge_learner.layers.layer import Layer, Parameter, count_parameters
from azuraforge_learner.layers.linear import Linear
from azuraforge_learner.layers.lstm import LSTM
from azuraforge_learner.layers.multi_head_attention import MultiHeadAttention
from azuraforge_learner.layers.normalization import GroupNorm, LayerNorm, RMSNorm
from azuraforge_learner.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from azuraforge_learner.layers.positional_encoding import PositionalEncoding
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.reshape import Reshape
from azuraforge_learner.layers.sequence import Recurrent, State, detached, lengths_of
from azuraforge_learner.layers.sequential import Sequential
from azuraforge_learner.layers.spec import LayerSpec, Ports, SettingKind, SettingSpec
from azuraforge_learner.layers.transformer_encoder import TransformerEncoder

__all__ = [
    "ELU",
    "GELU",
    "GRAPH_FORMAT",
    "GRU",
    "LAYERS",
    "LSTM",
    "Add",
    "AvgPool2D",
    "BatchNorm",
    "Bidirectional",
    "Concat",
    "Conv1D",
    "Conv2D",
    "ConvTranspose2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAvgPool2D",
    "Graph",
    "GraphSurvey",
    "GroupNorm",
    "Layer",
    "LayerNorm",
    "LayerSpec",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MaxPool2D",
    "MultiHeadAttention",
    "Parameter",
    "Ports",
    "PositionalEncoding",
    "RMSNorm",
    "ReLU",
    "Recurrent",
    "Reshape",
    "Residual",
    "Sequential",
    "SettingKind",
    "SettingSpec",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "State",
    "Tanh",
    "TransformerEncoder",
    "canonical_graph",
    "check_graph",
    "count_flops",
    "count_parameters",
    "detached",
    "from_graph",
    "lengths_of",
    "survey_graph",
    "to_graph",
]
