"""A refusal of the API in the user's language: the server says it in English and names its codes and limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from azuraforge.locales import Language
from azuraforge_contracts import ErrorCode, FieldProblem, Problem

LIMITS = ("limit", "minimum", "maximum", "ge", "gt", "le", "lt", "min_length", "max_length", "min_items", "max_items")
"""Under which name a rule gives its number."""


def say_problem(problem: Problem, language: Language) -> tuple[str, str]:
    """What is wrong and what to do; the server's English where the language is English or the code is new."""
    if language is Language.EN or problem.code not in PROBLEMS:
        return problem.detail, problem.hint
    message, hint = PROBLEMS[ErrorCode(problem.code)]
    return message.format(count=len(problem.errors), detail=problem.detail), hint


def say_field(field: FieldProblem, language: Language) -> str:
    """Why one field is wrong."""
    if language is Language.EN:
        return field.message
    if field.code == "type":
        expected = field.params.get("expected", field.params.get("types"))
        return TYPES.get(expected[0] if isinstance(expected, list) and expected else str(expected), TYPES["other"])
    words = FIELDS.get(field.code)
    if words is None:
        return field.message
    limit = next((field.params[name] for name in LIMITS if field.params.get(name) is not None), "")
    values = {name: ", ".join(value) if isinstance(value, list) else value for name, value in field.params.items()}
    return words.format_map(defaultdict(str, values | {"limit": limit}))


PROBLEMS: Mapping[ErrorCode, tuple[str, str]] = {
    ErrorCode.ARTIFACT_DAMAGED: (
        "Dosya diskte değişmiş; bu yüzden verilmiyor.",
        "Yedekten geri yükleyin ya da deneyi yeniden çalıştırın.",
    ),
    ErrorCode.BODY_TOO_LARGE: ("Gönderilen veri 1 MiB'den büyük.", "Daha kısa bir dosya seçin."),
    ErrorCode.BROKER_UNAVAILABLE: (
        "Kuyruk sunucusu şu anda yok.",
        "Kabul edilen hiçbir şey kaybolmaz; `azuraforge doctor` neyin eksik olduğunu söyler.",
    ),
    ErrorCode.CHECKPOINT_MISSING: (
        "Orada saklanan bir denetim noktası yok.",
        "`azuraforge experiments checkpoints` saklananları sayar.",
    ),
    ErrorCode.CONFIG_INVALID: (
        "{count} alan kullanılamıyor. Hiçbir şey oluşturulmadı.",
        "Aşağıdaki alanları düzeltip yeniden deneyin.",
    ),
    ErrorCode.CONFLICT: ("İstek şu anki durumla çelişiyor.", "Yeniden deneyin."),
    ErrorCode.CREDENTIALS_INVALID: (
        "Ad ya da parola yanlış.",
        "Yeniden deneyin; parolanızı unuttuysanız bir yöneticiden yenileme bağlantısı isteyin.",
    ),
    ErrorCode.CSRF_REFUSED: ("İstek başka bir siteden geldi.", "Adresi denetleyin."),
    ErrorCode.FORBIDDEN: (
        "Bunu yapmaya yetkiniz yok.",
        "Projenin ya da platformun yöneticisi yetki verebilir; bir API anahtarında kapsamına bakın.",
    ),
    ErrorCode.HEAD_TOO_LARGE: ("İsteğin adresi ya da başlıkları çok uzun.", "Adresi kısaltın."),
    ErrorCode.HOST_REFUSED: ("Sunucu bu adla tanınmıyor.", "Adresi denetleyin; AZURAFORGE_ALLOWED_HOSTS adları sayar."),
    ErrorCode.HTTP_INVALID: ("İstek okunabilir bir HTTP isteği değil.", "Adresi ve aradaki vekil sunucuyu denetleyin."),
    ErrorCode.IDEMPOTENCY_MISMATCH: (
        "Bu Idempotency-Key başka bir istekle kullanılmış.",
        "Yeni istek için yeni bir anahtar gönderin.",
    ),
    ErrorCode.INTERNAL: (
        "Sunucuda beklenmeyen bir hata oldu.",
        "Yeniden deneyin; sürerse API günlüğüne bakın.",
    ),
    ErrorCode.JSON_INVALID: ("Gönderilen veri okunamadı.", "UTF-8 ile yazılmış tek bir JSON nesnesi gönderin."),
    ErrorCode.LAST_ADMIN: (
        "Bu, platformun son yöneticisi.",
        "Önce başka bir kullanıcıyı yönetici yapın.",
    ),
    ErrorCode.LEDGER_UNAVAILABLE: (
        "Veritabanı yanıt vermiyor.",
        "Biraz bekleyip yeniden deneyin; `azuraforge doctor` neyin eksik olduğunu söyler.",
    ),
    ErrorCode.LINK_INVALID: (
        "Oturum bağlantısı kullanılmış ya da süresi dolmuş.",
        "`azuraforge link` yenisini yazar.",
    ),
    ErrorCode.METHOD_NOT_ALLOWED: ("Bu adres bu isteği almıyor.", "Adresi denetleyin."),
    ErrorCode.NAME_TAKEN: (
        "Bu ad kullanılıyor (büyük küçük harf ve vurgular ayırt edilmez).",
        "Başka bir ad seçin.",
    ),
    ErrorCode.NOT_FOUND: ("Böyle bir şey yok.", "`azuraforge experiments list` var olanları sayar."),
    ErrorCode.PASSWORD_REQUIRED: ("Bu bağlantı için bir parola seçilmeli.", "Bağlantıyı tarayıcıda açın."),
    ErrorCode.PASSWORD_UNUSABLE: (
        "Bu parola kullanılamaz.",
        "En az 12 karakterlik, adınızı ve yaygın parolaları içermeyen bir cümle seçin.",
    ),
    ErrorCode.PIPELINE_UNKNOWN: (
        "Hiçbir işçi bu iş hattını sunmuyor.",
        "`azuraforge pipelines` sunulanları sayar.",
    ),
    ErrorCode.PROJECT_ARCHIVED: ("Proje arşivde.", "Önce arşivden çıkarın."),
    ErrorCode.REFERENCED: (
        "Bu deneye başka bir şey gerek duyuyor.",
        "Önce ondan yapılanı silin ya da deneyi arşivleyin.",
    ),
    ErrorCode.REQUEST_INVALID: ("İstek kullanılamıyor.", "Aşağıdaki alanları düzeltip yeniden deneyin."),
    ErrorCode.REQUEST_TIMEOUT: ("İsteğin ulaşması çok uzun sürdü.", "Bağlantıyı denetleyip yeniden deneyin."),
    ErrorCode.STATE_CONFLICT: (
        "Deney bunun yapılabileceği bir durumda değil.",
        "`azuraforge experiments show` durumunu yazar.",
    ),
    ErrorCode.TOO_MANY_REQUESTS: ("Çok fazla istek.", "Biraz bekleyip yeniden deneyin."),
    ErrorCode.UNAUTHENTICATED: (
        "Sunucu bu anahtarı tanımıyor.",
        "Geçerli bir API anahtarı verin (`azuraforge login` saklar); sahip anahtarı secrets/owner.key dosyasındadır.",
    ),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: ("Bu içerik türü alınmıyor.", "application/json gönderin."),
}

TYPES: Mapping[str, str] = {
    "integer": "Bir tam sayı olmalı.",
    "number": "Bir sayı olmalı.",
    "boolean": "true ya da false olmalı.",
    "string": "Metin olmalı.",
    "array": "Liste olmalı.",
    "object": "Alanlardan oluşan bir nesne olmalı.",
    "other": "Değerin türü uymuyor.",
}

FIELDS: Mapping[str, str] = {
    "required": "Bu alan gerekli.",
    "minimum": "En az {limit} olmalı.",
    "maximum": "En fazla {limit} olabilir.",
    "exclusive_minimum": "{limit} değerinden büyük olmalı.",
    "exclusive_maximum": "{limit} değerinden küçük olmalı.",
    "multiple_of": "{limit} sayısının katı olmalı.",
    "min_length": "En az {limit} karakter olmalı.",
    "max_length": "En fazla {limit} karakter olabilir.",
    "max_bytes": "En fazla {limit} bayt olabilir.",
    "min_items": "En az {limit} öge olmalı.",
    "max_items": "En fazla {limit} öge olabilir.",
    "unique_items": "Aynı öge iki kez olamaz.",
    "pattern": "Yazımı uymuyor.",
    "format": "Yazımı uymuyor.",
    "enum": "Sunulan seçeneklerden biri olmalı: {choices}",
    "const": "Sunulan seçeneklerden biri olmalı.",
    "additional": "Böyle bir alan yok.",
    "taken": "Bu ad kullanılıyor.",
    "password_is_name": "Adın kendisi ya da ondan pek az fazlası.",
    "password_common": "Herkesin ilk deneyeceklerinden biri.",
    "number_not_finite": "Sayı sonlu değil.",
    "integer_too_large": "Tam sayı 64 bite sığmıyor.",
    "duplicate_key": "Aynı ad bir nesnede iki kez geçiyor.",
    "text_has_nul": "Metin NUL karakteri içeriyor.",
    "text_not_printable": "Metin, denetim karakteri ya da yazı yönünü değiştiren bir karakter içeriyor.",
    "text_not_unicode": "Metin geçerli Unicode değil.",
    "referenced": "“{name}” ({id}) ondan yapıldı.",
    "state": "Durumu: {state}. Yapılabilecekler: {possible}",
    "too_few_rows": "Seride {rows} satır var; bu pencere ve bölme için en az {needed} gerekli.",
    "csv_empty": "Dosya boş.",
    "csv_no_rows": "Dosyada başlıktan başka satır yok.",
    "csv_encoding": "Dosya UTF-8 değil: {line}. satır okunamıyor.",
    "csv_binary": "Bu bir metin tablosu değil ({line}. satır).",
    "csv_too_many_columns": "Dosyada {columns} sütun var; en fazla {limit} okunur.",
    "csv_duplicate_column": "İki sütunun adı aynı: “{column}”.",
    "csv_too_many_rows": "Dosyada {limit} satırdan fazla var.",
    "csv_quotes": "{line}. satırda bir tırnak kapanmamış ya da yanlış yerde.",
    "csv_cell_too_large": "{line}. satırda {limit} karakterden uzun bir hücre var.",
    "csv_column_missing": "Dosyada “{column}” sütunu yok. Sütunlar: {columns}.",
    "csv_ragged_row": "{line}. satırda {cells} hücre var, başlıkta {columns}.",
    "csv_not_date": "{line}. satır, “{column}” sütunu: “{cell}” bir tarih değil.",
    "csv_missing_value": "{line}. satır, “{column}” sütunu: hücre boş.",
    "csv_not_finite": "{line}. satır, “{column}” sütunu: “{cell}” sonlu bir sayı değil.",
    "csv_not_number": "{line}. satır, “{column}” sütunu: “{cell}” bir sayı değil.",
    "csv_too_large": "{line}. satır, “{column}” sütunu: “{cell}” çok büyük.",
    "csv_duplicate_date": "{line}. satırdaki tarih {first_line}. satırda da var.",
    "csv_unsorted": "{line}. satırdaki tarih bir öncekinden daha eski. Satırları tarihe göre sıralayın.",
}
