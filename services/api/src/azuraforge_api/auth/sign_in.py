"""From a password or a link to a session."""

from __future__ import annotations

import math
from collections.abc import Callable

from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.identity import Identity
from azuraforge_api.auth.passwords import Passwords, require_good_password
from azuraforge_api.auth.rate_limit import SharedLimit
from azuraforge_api.auth.repository import CredentialRepository
from azuraforge_api.errors import AccessRefused, BodyRefused
from azuraforge_api.plain_names import clean_name, read_name
from azuraforge_contracts import (
    ErrorCode,
    FieldProblem,
    LinkCreate,
    LinkCreated,
    LinkPurpose,
    LinkRead,
    PasswordChange,
    SignIn,
)
from azuraforge_ledger import (
    NOBODY,
    AlreadySetUp,
    By,
    Chosen,
    Credentials,
    EntryMissing,
    LinkInvalid,
    PasswordStale,
    SignedIn,
    Visitor,
    name_key,
)


class SignInService:
    """Signs people in; `by_address` and `by_account` bound how often it is tried.

    `network_of` says what counts as one address: an IPv6 customer has more of them than there are tries.
    """

    def __init__(
        self,
        credentials: CredentialRepository,
        *,
        passwords: Passwords,
        by_address: SharedLimit,
        by_account: SharedLimit,
        network_of: Callable[[str], str],
        endings: Endings,
    ) -> None:
        self._credentials = credentials
        self._passwords = passwords
        self._by_address = by_address
        self._by_account = by_account
        self._network_of = network_of
        self._endings = endings

    async def create_link(self, wanted: LinkCreate, *, by: By) -> LinkCreated:
        """A link for the first admin while there is none, afterwards one that signs a user in.

        Raises:
            AlreadySetUp: a link for the first admin was asked for, and there is one.
            EntryMissing: there is no such user.
        """
        if wanted.purpose != "session" and wanted.user is None:
            try:
                issued = await self._credentials.create_setup(by=by)
                return link_to(issued.token, LinkRead(purpose=LinkPurpose.SETUP, expires_at=issued.expires_at))
            except AlreadySetUp:
                if wanted.purpose == "setup":
                    raise
        user = await self._credentials.find_link_user(wanted.user)
        if user is None:
            raise EntryMissing("user")
        issued = await self._credentials.create_link(LinkPurpose.SESSION, user_id=user.id, by=by)
        read = LinkRead(purpose=LinkPurpose.SESSION, user=user.name, expires_at=issued.expires_at)
        return link_to(issued.token, read)

    async def read_link(self, token: str, *, visitor: Visitor) -> LinkRead:
        """What a link is for.

        Raises:
            AccessRefused: too many tries from this address.
            LinkInvalid: it was used or has expired.
        """
        network = self._network_of(visitor.address)
        await _take(self._by_address, network)
        link = await self._credentials.read_link(token)
        await self._by_address.give_back(network)
        return link

    async def sign_in(self, body: SignIn, *, visitor: Visitor) -> SignedIn:
        """Begin a session; a link is used up.

        Raises:
            AccessRefused: too many tries, or name and password do not belong together.
            BodyRefused: there is nothing to sign in with, or the link needs a password to be chosen.
            LinkInvalid: the link was used or has expired.
        """
        network = self._network_of(visitor.address)
        await _take(self._by_address, network)
        if body.token:
            signed_in = await self._by_link(body, visitor=visitor)
        elif body.name and body.password:
            signed_in = await self._by_password(body, visitor=visitor)
        else:
            raise _missing(
                [name for name in ("name", "password") if not getattr(body, name)], code=ErrorCode.REQUEST_INVALID
            )
        # Only guesses count: an office behind one address signs in as often as it likes.
        await self._by_address.give_back(network)
        await self._endings.announce(sessions=signed_in.ended)
        return signed_in

    async def change_password(self, identity: Identity, change: PasswordChange, *, by: By) -> None:
        """Replace one's own password; every other session ends.

        Raises:
            AccessRefused: the current one is wrong, or was tried too often.
            BodyRefused: the new one cannot be used.
        """
        await _take(self._by_account, name_key(identity.name))
        found = await self._credentials.find_of(identity.user)
        verified, _ = await self._verify(found, change.current)
        if verified is None or found is None:
            raise _wrong()
        require_good_password(change.new, name=found.name, pointer="/new")
        new_hash = await self._passwords.hash(change.new)
        try:
            ended = await self._credentials.change_password(
                found.id, verified=verified, new_hash=new_hash, keep=identity.session, by=by
            )
        except PasswordStale:
            raise _wrong() from None
        await self._by_account.forgive(name_key(identity.name))
        await self._endings.announce(sessions=ended)

    async def _by_link(self, body: SignIn, *, visitor: Visitor) -> SignedIn:
        try:
            link = await self._credentials.read_link(body.token)
            chosen = await self._choose(body, link)
            return await self._credentials.redeem_link(body.token, chosen, visitor=visitor)
        except LinkInvalid:
            await self._credentials.note_failure(By(NOBODY, address=visitor.address), subject="", way="link")
            raise

    async def _choose(self, body: SignIn, link: LinkRead) -> Chosen:
        if link.purpose is LinkPurpose.SESSION:
            return Chosen()
        needed = ["name", "password"] if link.purpose is LinkPurpose.SETUP else ["password"]
        missing = [name for name in needed if not getattr(body, name)]
        if missing:
            raise _missing(missing, code=ErrorCode.PASSWORD_REQUIRED)
        name = read_name(body.name) if link.purpose is LinkPurpose.SETUP else link.user
        require_good_password(body.password, name=name)
        return Chosen(name, await self._passwords.hash(body.password))

    async def _by_password(self, body: SignIn, *, visitor: Visitor) -> SignedIn:
        name = clean_name(body.name)
        account = name_key(name)
        await _take(self._by_account, account)
        found = await self._credentials.find(name)
        verified, new_hash = await self._verify(found, body.password)
        if verified is not None and found is not None:
            try:
                opened = await self._credentials.open(found.id, verified=verified, new_hash=new_hash, visitor=visitor)
            except PasswordStale:
                verified = None
            else:
                await self._by_account.forgive(account)
                return opened
        # An unknown name stays out of the log: it may be a password that slipped into the wrong field.
        subject = "" if found is None else found.id
        await self._credentials.note_failure(By(NOBODY, address=visitor.address), subject=subject, way="password")
        raise _wrong()

    async def _verify(self, found: Credentials | None, password: str) -> tuple[str | None, str | None]:
        """The hash that `password` is right for (None: it is wrong), and one to replace it with where it is old."""
        stored = None if found is None or found.is_disabled else found.password_hash
        is_right, new_hash = await self._passwords.check(password, stored)
        return (stored if is_right else None), new_hash


def link_to(token: str, link: LinkRead) -> LinkCreated:
    """A link to send; the token travels in the fragment, which reaches no log."""
    return LinkCreated(path=f"/sign-in#{token}", expires_at=link.expires_at, purpose=link.purpose, user=link.user)


async def _take(limit: SharedLimit, key: str) -> None:
    wait_s = await limit.take(key)
    if wait_s > 0:
        seconds = math.ceil(wait_s)
        raise AccessRefused(
            ErrorCode.TOO_MANY_REQUESTS,
            "Too many sign-in attempts.",
            hint=f"Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )


def _wrong() -> AccessRefused:
    return AccessRefused(
        ErrorCode.CREDENTIALS_INVALID,
        "The name or the password is wrong.",
        hint="Try again; an admin of the platform can make a link with which to choose a new password.",
    )


def _missing(names: list[str], *, code: ErrorCode) -> BodyRefused:
    detail = {
        ErrorCode.PASSWORD_REQUIRED: "This link needs a password to be chosen.",
        ErrorCode.REQUEST_INVALID: "There is nothing to sign in with.",
    }[code]
    errors = [FieldProblem(pointer=f"/{name}", code="required", message="Is needed.") for name in names]
    return BodyRefused(code, detail, hint="Send it together with the link's token, or with the name.", errors=errors)
