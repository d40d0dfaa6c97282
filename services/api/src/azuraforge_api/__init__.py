"""The AzuraForge gateway: REST, WebSocket, sign-in and the dashboard's files."""

from azuraforge_api.app import create_app
from azuraforge_api.settings import Settings, read_settings

__all__ = ["Settings", "create_app", "read_settings"]
