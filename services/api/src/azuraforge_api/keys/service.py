"""What somebody does with their API keys."""

from __future__ import annotations

from typing import Final

from azuraforge_api.auth.access import require_role
from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.errors import AccessRefused, BodyRefused
from azuraforge_api.keys.repository import KeyRepository
from azuraforge_api.plain_names import read_name
from azuraforge_contracts import ErrorCode, FieldProblem, KeyCreate, KeyCreated, KeyList, Role
from azuraforge_ledger import By, EntryMissing, NewKey

DAY_S: Final = 24 * 3600


class KeyService:
    """Makes, lists and revokes keys. Whoever asks has every right of their user."""

    def __init__(self, keys: KeyRepository, *, endings: Endings) -> None:
        self._keys = keys
        self._endings = endings

    async def create(self, wanted: KeyCreate, *, identity: Identity, by: By) -> KeyCreated:
        """Make a key; one that a key makes does not outlive it.

        Raises:
            AccessRefused: it is for somebody else, which only the owner key may.
            BodyRefused: the name cannot be used, or the owner key says for nobody.
            NotFound: the project cannot be seen.
            EntryMissing: there is no such user.
        """
        if wanted.project is not None:
            require_role(identity, wanted.project, role=Role.VIEWER)
        new = NewKey(
            user=await self._find_owner(wanted, identity),
            name=read_name(wanted.name),
            scopes=wanted.scopes,
            project=wanted.project,
            lifetime_s=None if wanted.expires_in_days is None else wanted.expires_in_days * DAY_S,
            not_after=identity.expires_at if identity.kind is IdentityKind.API_KEY else None,
        )
        key, read = await self._keys.create(new, by=by)
        return KeyCreated(key=key, read=read)

    async def list_for(self, identity: Identity, *, is_everybodys: bool) -> KeyList:
        """One's own keys, or everybody's for an admin of the platform.

        Raises:
            AccessRefused: everybody's were asked for by somebody who does not manage the platform.
        """
        if is_everybodys and not identity.is_platform_admin:
            hint = "Leave `all` out to see your own."
            raise AccessRefused(ErrorCode.FORBIDDEN, "This needs an admin of the platform.", hint=hint)
        owner = None if is_everybodys or not identity.user else identity.user
        return KeyList(items=await self._keys.list_for(owner))

    async def revoke(self, key_id: str, *, identity: Identity, by: By) -> None:
        """End a key for good, and what it has open.

        Raises:
            EntryMissing: there is no such key, or it is another user's.
        """
        owner = None if identity.is_platform_admin else identity.user
        await self._keys.revoke(key_id, user_id=owner, by=by)
        await self._endings.announce(sessions=[key_id])

    async def _find_owner(self, wanted: KeyCreate, identity: Identity) -> str:
        if wanted.user is None:
            if identity.user:
                return identity.user
            field = FieldProblem(pointer="/user", code="required", message="The owner key is nobody's: say whose.")
            hint = "Name the user that the key is for."
            raise BodyRefused(ErrorCode.REQUEST_INVALID, "The key needs an owner.", hint=hint, errors=[field])
        if identity.kind is not IdentityKind.OWNER_KEY:
            hint = "Leave `user` out to make one for yourself."
            raise AccessRefused(ErrorCode.FORBIDDEN, "Only the owner key makes keys for others.", hint=hint)
        found = await self._keys.find_user(wanted.user)
        if found is None:
            raise EntryMissing("user")
        return found.id
