"""Texts of the commands about accounts, in English and Turkish; part of the table in `locales`."""

from __future__ import annotations

from collections.abc import Mapping

ACCOUNT_TEXTS: Mapping[str, tuple[str, str]] = {
    "open_setup": (
        "Open this link in your browser to make the first account, which manages everything (good for a day):",
        "Her şeyi yöneten ilk hesabı açmak için bu bağlantıyı tarayıcıda açın (bir gün geçerli):",
    ),
    "open_address": (
        "Sign in at this address. Forgotten your password? azuraforge link signs you in once:",
        "Bu adreste giriş yapın. Parolanızı unuttuysanız azuraforge link bir kez giriş yaptırır:",
    ),
    "link_setup": (
        "It makes the first account; good until {until}.",
        "İlk hesabı açar; {until} tarihine dek geçerli.",
    ),
    "link_session": (
        "It signs {user} in, once; good until {until}.",
        "{user} kullanıcısına bir kez giriş yaptırır; {until} tarihine dek geçerli.",
    ),
    "link_invite": (
        "Send it to {user}, who chooses a password with it; good until {until}.",
        "{user} kullanıcısına gönderin; bununla parolasını seçer. {until} tarihine dek geçerli.",
    ),
    "link_reset": (
        "Send it to {user}, who chooses a new password with it; good until {until}.",
        "{user} kullanıcısına gönderin; bununla yeni parolasını seçer. {until} tarihine dek geçerli.",
    ),
    "signed_in_as": ("{name} at {url} ({how})", "{name}, {url} ({how})"),
    "how_owner_key": ("the owner's key: may do everything", "sahip anahtarı: her şeyi yapabilir"),
    "how_api_key": ("an API key: {scopes}", "bir API anahtarı: {scopes}"),
    "how_session": ("a session", "bir oturum"),
    "role_line": ("  {role} in {project}", "  {project} içinde {role}"),
    "platform_admin": ("  admin of the platform", "  platform yöneticisi"),
    "login_prompt": ("API key for {url}", "{url} için API anahtarı"),
    "login_stored": ("{name}'s key is kept in {file}.", "{name} kullanıcısının anahtarı {file} içinde duruyor."),
    "login_url_missing": ("Say where to: there is no address.", "Nereye olduğunu söyleyin: adres yok."),
    "login_url_remedy": (
        "For example: azuraforge login --url https://forge.example.org",
        "Örneğin: azuraforge login --url https://forge.example.org",
    ),
    "login_plain": (
        "{url} is neither https nor this machine: the key would travel in the clear.",
        "{url} ne https ne de bu makine: anahtar açıkta gider.",
    ),
    "login_plain_remedy": ("Use its https address.", "https adresini kullanın."),
    "logged_out": (
        "The key for {url} is forgotten here; revoke it with azuraforge keys revoke.",
        "{url} anahtarı burada unutuldu; azuraforge keys revoke onu geçersiz kılar.",
    ),
    "not_logged_in": ("There is no key for {url} to forget.", "{url} için unutulacak bir anahtar yok."),
    "user_made": ("{name} is made.", "{name} oluşturuldu."),
    "user_changed": ("{name} is changed.", "{name} değiştirildi."),
    "user_unknown": ("There is no user {name}.", "{name} adında bir kullanıcı yok."),
    "user_unknown_remedy": ("azuraforge users list names them.", "azuraforge users list adları yazar."),
    "project_made": ("The project {name} is made.", "{name} projesi oluşturuldu."),
    "project_changed": ("The project {name} is changed.", "{name} projesi değiştirildi."),
    "project_unknown": ("There is no project {name}.", "{name} adında bir proje yok."),
    "project_unknown_remedy": ("azuraforge projects list names them.", "azuraforge projects list adları yazar."),
    "member_put": ("{name} is {role} in {project}.", "{name}, {project} içinde artık {role}."),
    "member_removed": ("{name} has no role in {project} any more.", "{name}, {project} içinde artık yetkisiz."),
    "key_made": (
        "This is the only time that the key is shown. Keep it where only its program can read it:",
        "Anahtar yalnızca şimdi gösteriliyor. Yalnızca onu kullanacak programın okuyabileceği bir yerde saklayın:",
    ),
    "key_revoked": ("The key {name} ({prefix}…) is revoked.", "{name} anahtarı ({prefix}…) geçersiz kılındı."),
    "key_unknown": ("There is no key {name}.", "{name} anahtarı yok."),
    "key_ambiguous": ("More than one key is called {name}.", "{name} adında birden çok anahtar var."),
    "key_unknown_remedy": (
        "azuraforge keys list shows names, beginnings and ids.",
        "azuraforge keys list adları, başlangıçları ve kimlikleri yazar.",
    ),
    "nothing_yet": ("There is nothing here yet.", "Burada henüz bir şey yok."),
    "never": ("never", "hiç"),
    "yes": ("yes", "evet"),
    "role_viewer": ("viewer", "izleyici"),
    "role_editor": ("editor", "düzenleyici"),
    "role_admin": ("admin", "yönetici"),
    "column_id": ("id", "kimlik"),
    "column_user": ("user", "kullanıcı"),
    "column_role": ("role", "yetki"),
    "column_is_admin": ("admin", "yönetici"),
    "column_has_password": ("password", "parola"),
    "column_since": ("since", "açılış"),
    "column_disabled": ("disabled", "kapalı"),
    "column_archived": ("archived", "arşivde"),
    "column_prefix": ("begins", "başlangıcı"),
    "column_scopes": ("scopes", "kapsam"),
    "column_expires": ("expires", "bitiş"),
    "column_used": ("last used", "son kullanım"),
    "column_at": ("when", "ne zaman"),
    "column_actor": ("who", "kim"),
    "column_action": ("what", "ne"),
    "column_subject": ("to what", "neye"),
    "column_address": ("from", "nereden"),
}
