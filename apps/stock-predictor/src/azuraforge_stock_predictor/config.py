"""What a person can choose: the source of the prices and how the model learns from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from azuraforge_learner.pipelines.presentation import Words, presented
from azuraforge_learner.pipelines.series_config import ConfigPart, TimeSeriesConfig

Period = Literal["1y", "2y", "5y", "10y", "max"]
MarketKind = Literal["volume", "range"]


class SampleSource(ConfigPart):
    """Daily Google prices 2004–2008 that ship with matplotlib: real, and there without a network."""

    kind: Literal["sample"] = "sample"


class CsvSource(ConfigPart):
    """A table that the person brings."""

    kind: Literal["csv"]
    csv: str = Field(
        min_length=1,
        max_length=900_000,
        description="The table itself: UTF-8, separated by commas, semicolons or tabs, with a header.",
        json_schema_extra={
            "contentMediaType": "text/csv",
            **presented(
                Words("CSV dosyası", "CSV file"),
                explained=Words(
                    "UTF-8; virgül, noktalı virgül ya da sekmeyle ayrılmış; ilk satırı sütun adları olan bir tablo. "
                    "Sayılarda ondalık nokta kullanın.",
                    "A UTF-8 table separated by commas, semicolons or tabs, with column names in its first line. "
                    "Numbers use a decimal point.",
                ),
            ),
        },
    )
    date_column: str = Field(
        default="Date",
        min_length=1,
        max_length=100,
        description="Column that holds the dates, such as 2024-12-31.",
        json_schema_extra=presented(
            Words("Tarih sütunu", "Date column"),
            explained=Words(
                "Tarihlerin durduğu sütunun adı; tarihler 2024-12-31 gibi yazılır.",
                "The column that holds the dates, written as 2024-12-31.",
            ),
        ),
    )
    target_column: str = Field(
        default="Close",
        min_length=1,
        max_length=100,
        description="Column to predict.",
        json_schema_extra=presented(
            Words("Hedef sütunu", "Target column"),
            explained=Words("Tahmin edilecek sütunun adı.", "The column to predict."),
        ),
    )
    unit: str = Field(
        default="",
        max_length=20,
        description="Unit of the target, shown beside every number.",
        json_schema_extra=presented(
            Words("Birim", "Unit"),
            explained=Words(
                "Hedefin birimi, örneğin TL; sayıların yanında gösterilir.",
                "Unit of the target, such as USD; shown beside its numbers.",
            ),
            is_advanced=True,
        ),
    )


class YahooSource(ConfigPart):
    """Daily prices from Yahoo Finance, adjusted for splits and dividends."""

    kind: Literal["yahoo"]
    symbol: str = Field(
        min_length=1,
        max_length=20,
        pattern=r"^[A-Z0-9^][A-Z0-9.\-=^]{0,19}$",
        description="Symbol at Yahoo Finance, such as AAPL or THYAO.IS.",
        json_schema_extra=presented(
            Words("Sembol", "Symbol"),
            explained=Words(
                "Yahoo Finance'teki sembol, örneğin THYAO.IS ya da AAPL.",
                "The symbol at Yahoo Finance, such as AAPL or THYAO.IS.",
            ),
        ),
    )
    period: Period = Field(
        default="5y",
        description="How far back the prices go.",
        json_schema_extra=presented(
            Words("Dönem", "Period"),
            explained=Words("Fiyatların ne kadar geriye gittiği.", "How far back the prices go."),
            choices={
                "1y": Words("1 yıl", "1 year"),
                "2y": Words("2 yıl", "2 years"),
                "5y": Words("5 yıl", "5 years"),
                "10y": Words("10 yıl", "10 years"),
                "max": Words("Tümü", "Everything"),
            },
        ),
    )


Source = Annotated[SampleSource | CsvSource | YahooSource, Field(discriminator="kind")]


class StockConfig(TimeSeriesConfig):
    """Everything that can be chosen for one experiment on prices."""

    source: Source = Field(
        default=SampleSource(),
        description="Where the prices come from.",
        json_schema_extra=presented(
            Words("Kaynak", "Source"),
            explained=Words("Fiyatların nereden geldiği.", "Where the prices come from."),
            choices={
                "sample": Words("Örnek: Google 2004–2008", "Sample: Google 2004–2008"),
                "csv": Words("CSV dosyam", "My CSV file"),
                "yahoo": Words("Yahoo Finance", "Yahoo Finance"),
            },
        ),
    )
    market: list[MarketKind] = Field(
        default=[],
        max_length=2,
        description="Further inputs from the same rows: change of the volume, range of the day.",
        json_schema_extra={
            "uniqueItems": True,
            **presented(
                Words("Piyasa özellikleri", "Market features"),
                explained=Words(
                    "Aynı satırlardan ek girdiler. CSV'de Volume, High ve Low sütunlarını ister.",
                    "Further inputs from the same rows. A CSV needs the columns Volume, High and Low for them.",
                ),
                choices={
                    "volume": Words("İşlem hacmi değişimi", "Change of the volume"),
                    "range": Words("Gün içi aralık", "Range of the day"),
                },
                is_advanced=True,
            ),
        },
    )
