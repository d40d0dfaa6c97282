"""The config fields that every time series pipeline shares, with bounds and words in both languages."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge_learner.pipelines.presentation import Words, presented

TransformKind = Literal["log_return", "difference", "log", "none"]
CalendarKind = Literal["day_of_week", "month", "day_of_year"]


class ConfigPart(BaseModel):
    """A group of config fields: unknown fields are refused, nothing is converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class WindowConfig(ConfigPart):
    """What one sample sees and what it answers."""

    length: int = Field(
        default=20,
        ge=2,
        le=250,
        description="How many past rows the model sees before each prediction.",
        json_schema_extra=presented(
            Words("Pencere uzunluğu", "Window length"),
            explained=Words(
                "Model her tahminden önce geçmişten bu kadar satır görür.",
                "How many past rows the model sees before each prediction.",
            ),
        ),
    )
    horizon: int = Field(
        default=1,
        ge=1,
        le=20,
        description="How many rows ahead the prediction lies.",
        json_schema_extra=presented(
            Words("Tahmin ufku", "Horizon"),
            explained=Words(
                "Tahminin kaç satır ileriye ait olduğu: 1, bir sonraki satırdır.",
                "How many rows ahead the prediction lies: 1 is the next row.",
            ),
        ),
    )
    transform: TransformKind = Field(
        default="log_return",
        description="What the model learns instead of the raw value; undone before anything is measured.",
        json_schema_extra=presented(
            Words("Hedef dönüşümü", "Target transform"),
            explained=Words(
                "Modelin ham değer yerine öğrendiği büyüklük. Ölçümden önce geri çevrilir; "
                "tahminler her zaman hedefin kendi birimindedir.",
                "What the model learns instead of the raw value. It is undone before anything is measured; "
                "predictions are always in the target's own unit.",
            ),
            choices={
                "log_return": Words("Logaritmik getiri", "Log return"),
                "difference": Words("Fark", "Difference"),
                "log": Words("Logaritma", "Logarithm"),
                "none": Words("Dönüşüm yok", "None"),
            },
        ),
    )


class SplitConfig(ConfigPart):
    """How the series is cut in time order; what is left is for training."""

    validation: float = Field(
        default=0.15,
        ge=0.05,
        le=0.4,
        description="Share of the windows, after the training part, that chooses the best epoch.",
        json_schema_extra=presented(
            Words("Doğrulama payı", "Validation share"),
            explained=Words(
                "Eğitim bölümünden sonra gelen ve en iyi dönemi seçen pay.",
                "The share after the training part; it chooses the best epoch.",
            ),
        ),
    )
    test: float = Field(
        default=0.15,
        ge=0.05,
        le=0.4,
        description="Share of the windows at the end that only the final evaluation sees.",
        json_schema_extra=presented(
            Words("Test payı", "Test share"),
            explained=Words(
                "Serinin sonundaki, yalnızca son değerlendirmenin gördüğü pay.",
                "The share at the end of the series that only the final evaluation sees.",
            ),
        ),
    )


class RecurrentConfig(ConfigPart):
    """The size of the LSTM network."""

    layers: int = Field(
        default=1,
        ge=1,
        le=4,
        description="Stacked LSTM layers.",
        json_schema_extra=presented(
            Words("LSTM katmanı", "LSTM layers"),
            explained=Words("Üst üste dizilen LSTM katmanlarının sayısı.", "How many LSTM layers are stacked."),
        ),
    )
    hidden: int = Field(
        default=32,
        ge=1,
        le=512,
        description="Hidden units of each LSTM layer.",
        json_schema_extra=presented(
            Words("Gizli birim", "Hidden units"),
            explained=Words("Her LSTM katmanının gizli birim sayısı.", "Hidden units of each LSTM layer."),
        ),
    )
    dropout: float = Field(
        default=0.1,
        ge=0.0,
        le=0.9,
        description="Share of the activations dropped while training.",
        json_schema_extra=presented(
            Words("Seyreltme", "Dropout"),
            explained=Words(
                "Eğitim sırasında rastgele sıfırlanan etkinlik payı; ezberlemeyi zorlaştırır.",
                "Share of activations zeroed at random while training; makes memorising harder.",
            ),
        ),
    )


class TrainingConfig(ConfigPart):
    """How the model is trained."""

    epochs: int = Field(
        default=50,
        ge=1,
        le=2000,
        description="At most this many passes over the training part.",
        json_schema_extra=presented(
            Words("Dönem sayısı", "Epochs"),
            explained=Words(
                "Eğitim bölümünün üzerinden en fazla bu kadar kez geçilir.",
                "At most this many passes over the training part.",
            ),
        ),
    )
    batch_size: int = Field(
        default=32,
        ge=1,
        le=4096,
        description="Windows per update.",
        json_schema_extra=presented(
            Words("Yığın boyu", "Batch size"),
            explained=Words("Bir güncellemede kullanılan pencere sayısı.", "Windows used in one update."),
        ),
    )
    learning_rate: float = Field(
        default=0.001,
        ge=1e-6,
        le=1.0,
        description="Step size of Adam.",
        json_schema_extra=presented(
            Words("Öğrenme oranı", "Learning rate"),
            explained=Words(
                "Adam'ın adım büyüklüğü. Eğitim ıraksarsa küçültün.",
                "Adam's step size. Lower it when training diverges.",
            ),
        ),
    )
    loss: Literal["mse", "huber"] = Field(
        default="huber",
        description="What training minimises; huber is less disturbed by rare large moves.",
        json_schema_extra=presented(
            Words("Kayıp", "Loss"),
            explained=Words(
                "Eğitimin küçülttüğü büyüklük. Huber, seyrek büyük hareketlerden daha az etkilenir.",
                "What training minimises. Huber is less disturbed by rare large moves.",
            ),
            choices={
                "mse": Words("Ortalama kare hata", "Mean squared error"),
                "huber": Words("Huber", "Huber"),
            },
        ),
    )
    patience: int = Field(
        default=10,
        ge=0,
        le=2000,
        description="Stop after this many epochs without a better validation loss; 0 never stops early.",
        json_schema_extra=presented(
            Words("Sabır", "Patience"),
            explained=Words(
                "Doğrulama kaybı bu kadar dönem iyileşmezse eğitim durur. 0: erken durma yok.",
                "Training stops after this many epochs without a better validation loss. 0: never stop early.",
            ),
            is_advanced=True,
        ),
    )
    clip: float = Field(
        default=1.0,
        ge=0.0,
        le=1000.0,
        description="Largest norm of the whole gradient; 0 switches clipping off.",
        json_schema_extra=presented(
            Words("Gradyan sınırı", "Gradient clipping"),
            explained=Words(
                "Bütün gradyanın izin verilen en büyük normu. 0: sınır yok.",
                "Largest norm of the whole gradient. 0: no limit.",
            ),
            is_advanced=True,
        ),
    )
    seed: int = Field(
        default=42,
        ge=0,
        le=2**31 - 1,
        description="Number that makes the training repeatable.",
        json_schema_extra=presented(
            Words("Tohum", "Seed"),
            explained=Words(
                "Eğitimi tekrarlanabilir kılan sayı: aynı tohum, aynı ağırlıklar.",
                "The number that makes training repeatable: same seed, same weights.",
            ),
            is_advanced=True,
        ),
    )


class TimeSeriesConfig(ConfigPart):
    """What every time series pipeline can be told; an app adds its source."""

    window: WindowConfig = Field(
        default=WindowConfig(),
        description="What one sample sees and what it answers.",
        json_schema_extra=presented(Words("Pencere", "Window")),
    )
    calendar: list[CalendarKind] = Field(
        default=["day_of_week", "month"],
        max_length=3,
        description="Calendar features, each as the sine and cosine of its place in its period.",
        json_schema_extra={
            "uniqueItems": True,
            **presented(
                Words("Takvim özellikleri", "Calendar features"),
                explained=Words(
                    "Her biri kendi döneminin (işlem haftası, yıl) sinüsü ve kosinüsü olarak eklenir.",
                    "Each is added as sine and cosine over its own period (trading week, year).",
                ),
                choices={
                    "day_of_week": Words("Haftanın günü", "Day of week"),
                    "month": Words("Ay", "Month"),
                    "day_of_year": Words("Yılın günü", "Day of year"),
                },
            ),
        },
    )
    split: SplitConfig = Field(
        default=SplitConfig(),
        description="How the series is cut in time order.",
        json_schema_extra=presented(Words("Bölme", "Split")),
    )
    model: RecurrentConfig = Field(
        default=RecurrentConfig(),
        description="The size of the LSTM network.",
        json_schema_extra=presented(Words("Model", "Model")),
    )
    training: TrainingConfig = Field(
        default=TrainingConfig(),
        description="How the model is trained.",
        json_schema_extra=presented(Words("Eğitim", "Training")),
    )
