"""Texts of the commands that control experiments, in English and Turkish; part of the table in `locales`."""

from __future__ import annotations

from collections.abc import Mapping

CONTROL_TEXTS: Mapping[str, tuple[str, str]] = {
    "column_at": ("written", "yazıldı"),
    "column_best": ("best", "en iyi"),
    "column_epoch": ("epoch", "dönem"),
    "column_kept": ("kept", "saklı"),
    "column_priority": ("priority", "öncelik"),
    "column_size": ("bytes", "bayt"),
    "archive_done": ("{task_id} is archived.", "{task_id} arşivlendi."),
    "changed": ("{task_id} is changed.", "{task_id} değiştirildi."),
    "change_nothing": ("Nothing to change was given.", "Değiştirilecek bir şey verilmedi."),
    "change_nothing_remedy": (
        "Give --name, --priority, --time-limit or --no-time-limit.",
        "--name, --priority, --time-limit ya da --no-time-limit verin.",
    ),
    "child_of": ("{origin} of {parent}", "{parent} deneyinden: {origin}"),
    "child_made": ("{origin} of it: {task_id} {name}", "ondan yapılan {origin}: {task_id} {name}"),
    "delete_ask": (
        "Delete {name} ({task_id}) with its history and its files? This cannot be undone",
        "{name} ({task_id}) geçmişi ve dosyalarıyla silinsin mi? Bu geri alınamaz",
    ),
    "delete_done": ("{task_id} is deleted.", "{task_id} silindi."),
    "fork_at": ("starts after epoch {epoch} of {parent}", "{parent} deneyinin {epoch}. döneminden sonra başlar"),
    "origin_fork": ("fork", "çatal"),
    "origin_new": ("new", "yeni"),
    "origin_proof": ("proof", "kanıt"),
    "origin_rerun": ("rerun", "yineleme"),
    "pause_asked": (
        "{task_id} is asked to rest; it is {state}.",
        "{task_id} duraklatılıyor; şu an {state}.",
    ),
    "place": ("number {position} of {waiting} in the queue", "kuyrukta {waiting} deney içinde {position}. sırada"),
    "place_starts": ("starts in about {seconds} s", "yaklaşık {seconds} sn sonra başlar"),
    "place_trains": ("trains for about {seconds} s", "yaklaşık {seconds} sn eğitilir"),
    "proof_differs_final": (
        "Differs: every epoch is the same, the final weights are not.",
        "Aynı değil: bütün dönemler aynı, son ağırlıklar değil.",
    ),
    "proof_differs_layer": (
        "Differs in epoch {epoch}: the weights of layer {layer} ({expected} became {found}).",
        "{epoch}. dönemde ayrılıyor: {layer} katmanının ağırlıkları ({expected} yerine {found}).",
    ),
    "proof_differs_metric": (
        "Differs in epoch {epoch}: {metric} is {found}, it was {expected}.",
        "{epoch}. dönemde ayrılıyor: {metric} {found}; önceki {expected}.",
    ),
    "proof_differs_length": (
        "Differs in epoch {epoch}: one ended after {expected} epochs, the other after {found}.",
        "{epoch}. dönemde ayrılıyor: biri {expected}, öteki {found} dönem sürdü.",
    ),
    "proof_incomparable": (
        "The two cannot be compared: {task_id} is {state}, {other} is {other_state}.",
        "İkisi karşılaştırılamaz: {task_id} {state}, {other} {other_state}.",
    ),
    "proof_pending": (
        "Nothing differs so far ({epochs} epochs compared); one of the two has not ended.",
        "Şimdiye dek fark yok ({epochs} dönem karşılaştırıldı); ikisinden biri sürüyor.",
    ),
    "proof_provenance": ("{name}: {found}, it was {expected}", "{name}: {found}; önceki {expected}"),
    "proof_provenance_none": (
        "Nothing that was recorded of the two differs.",
        "İkisi için kaydedilen hiçbir koşul ayrılmıyor.",
    ),
    "proof_reproduced": (
        "Reproduced bit for bit: {epochs} epochs, {layers} layers after each, the final weights.",
        "Bit bit yinelendi: {epochs} dönem, her birinden sonra {layers} katman ve son ağırlıklar.",
    ),
    "proof_started": (
        "{task_id} is trained again as {other}.",
        "{task_id}, {other} olarak yeniden eğitiliyor.",
    ),
    "resume_asked": ("{task_id} goes on; it is {state}.", "{task_id} sürdürülüyor; şu an {state}."),
    "unarchive_done": ("{task_id} is listed again.", "{task_id} yeniden listede."),
    "yes": ("yes", "evet"),
}
