"""The sentence that says whether the network earned its place."""

from __future__ import annotations

from collections.abc import Mapping

from azuraforge_learner.metrics import Comparison, Outcome
from azuraforge_learner.reports.numbers import number, percent
from azuraforge_learner.reports.words import LANGUAGES


def verdict_sentence(
    comparison: Comparison,
    *,
    error: float,
    baseline_error: float,
    baseline: Mapping[str, str],
    unit: str = "",
) -> dict[str, str]:
    """One honest sentence per language; `error` is the root mean squared error on the test part, in `unit`."""
    own = {language: f"{number(error, language=language)} {unit}".strip() for language in LANGUAGES}
    naive = {language: f"{number(baseline_error, language=language)} {unit}".strip() for language in LANGUAGES}
    if comparison.skill is None:
        return _without_skill(comparison, own=own, baseline=baseline)
    share = {language: percent(abs(comparison.skill), language=language) for language in LANGUAGES}
    facts_tr = f"test hatası (RMSE) {own['tr']}, “{baseline['tr']}” yönteminin hatası {naive['tr']}"
    facts_en = f"its test error (RMSE) is {own['en']}, that of “{baseline['en']}” is {naive['en']}"
    if comparison.outcome is Outcome.BEATS:
        return {
            "tr": f"Model en iyi saf yöntemi geçiyor: {facts_tr}; {share['tr']} daha küçük ve fark rastlantıyla "
            "açıklanamayacak kadar belirgin.",
            "en": f"The model beats the best naive answer: {facts_en}; that is {share['en']} smaller, "
            "and more than chance explains.",
        }
    if comparison.outcome is Outcome.LOSES:
        return {
            "tr": f"Model en iyi saf yöntemi geçemiyor: {facts_tr}; {share['tr']} daha büyük. "
            "Bu veri için saf yöntemi kullanmak daha doğru.",
            "en": f"The model does not beat the best naive answer: {facts_en}; that is {share['en']} larger. "
            "For this data the naive answer is the better choice.",
        }
    return {
        "tr": f"Model en iyi saf yönteme denk: {facts_tr}; aradaki fark rastlantıyla açıklanabilir. "
        "Ağ burada yerini hak ettiğini göstermedi.",
        "en": f"The model equals the best naive answer: {facts_en}; the difference is within chance. "
        "The network has not shown here that it earns its place.",
    }


def _without_skill(comparison: Comparison, *, own: Mapping[str, str], baseline: Mapping[str, str]) -> dict[str, str]:
    if comparison.outcome is Outcome.EQUALS:
        return {
            "tr": f"Model de “{baseline['tr']}” yöntemi de test bölümünde hiç yanılmadı; bu veride öğrenilecek bir "
            "şey yok.",
            "en": f"Neither the model nor “{baseline['en']}” made any error on the test part; "
            "there is nothing to learn in this data.",
        }
    return {
        "tr": f"Model en iyi saf yöntemi geçemiyor: “{baseline['tr']}” test bölümünde hiç yanılmadı, modelin hatası "
        f"(RMSE) {own['tr']}.",
        "en": f"The model does not beat the best naive answer: “{baseline['en']}” made no error on the test part, "
        f"the model's error (RMSE) is {own['en']}.",
    }
