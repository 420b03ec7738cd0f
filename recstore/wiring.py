"""The only builder of real things: from settings to a recstore that works."""

import json
from dataclasses import dataclass
from pathlib import Path

from keys.client import Agent, Identity
from keys.errors import HomeUnfit
from recstore.access.decision import Decider
from recstore.access.gate import Gate
from recstore.access.policy import Policy, load_policy
from recstore.access_requests import AccessRequests
from recstore.accounts import Accounts
from recstore.agents import Agents
from recstore.audience import Audiences
from recstore.catalog.database import Catalog, open_engine
from recstore.catalog.keyed import hold_to_key, is_keyed
from recstore.catalog.migrate import migrate
from recstore.clock import Clock, utc_now
from recstore.consent_agent import ConsentAgent
from recstore.consents import Consents
from recstore.coverage import Coverage
from recstore.custody import Custody
from recstore.destroying import Destroying
from recstore.directory import Directory
from recstore.domains import Domains
from recstore.errors import Misconfigured
from recstore.existing import Existing
from recstore.explain import Explainer
from recstore.history import History
from recstore.ingest.calls import CallIntake
from recstore.ingest.content import SealedStore
from recstore.ingest.recordings import RecordingIntake
from recstore.ingest.transcripts import TranscriptIntake
from recstore.installation import LOOKUP, database_url, make_secret, prepare, read_secret
from recstore.key_locks import KeyLocks
from recstore.library import Library
from recstore.lock_watch import LockWatch
from recstore.membership import Membership
from recstore.moving import Moving
from recstore.operators import Operators
from recstore.playback import Playback
from recstore.resolver import DnsResolver, Resolver
from recstore.review import Review
from recstore.rewrapping import Rewrapping
from recstore.rooms import Rooms
from recstore.settings import Settings
from recstore.settling import Settling
from recstore.sharing import Sharing
from recstore.shredding import Shredding
from recstore.signin import SignIn
from recstore.storage.blobs import Blobs
from recstore.storage.s3 import S3Blobs
from recstore.storage.seaweed import EmbeddedStore
from recstore.support import Supporting
from recstore.switches import Switches
from recstore.texts import TextKeys
from recstore.what_if import WhatIf


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What hands over, and nothing more: there is no way to a key agent in it."""

    settings: Settings
    clock: Clock
    catalog: Catalog
    calls: CallIntake
    recordings: RecordingIntake
    transcripts: TranscriptIntake


@dataclass(frozen=True, slots=True, kw_only=True)
class Recstore:
    """One installation, ready to be asked. Each process builds its own: connections are not shared."""

    settings: Settings
    clock: Clock
    catalog: Catalog
    blobs: Blobs
    agents: Agents
    gate: Gate
    accounts: Accounts
    signin: SignIn
    calls: CallIntake
    recordings: RecordingIntake
    transcripts: TranscriptIntake
    library: Library
    playback: Playback
    sharing: Sharing
    audiences: Audiences
    access_requests: AccessRequests
    what_if: WhatIf
    review: Review
    explainer: Explainer
    directory: Directory
    domains: Domains
    switches: Switches
    rooms: Rooms
    existing: Existing
    membership: Membership
    history: History
    key_locks: KeyLocks
    coverage: Coverage
    rewrapping: Rewrapping
    settling: Settling
    moving: Moving
    shredding: Shredding
    destroying: Destroying
    operators: Operators
    consents: Consents
    support: Supporting

    def check(self) -> None:
        """Raise Unavailable unless catalog, store and key agent answer."""
        self.catalog.check()
        self.blobs.check()
        self.custody.check()

    @property
    def custody(self) -> Custody:
        """Give the way to the key agent."""
        return self.playback.custody


def build(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    blobs: Blobs | None = None,
    catalog: Catalog | None = None,
    resolver: Resolver | None = None,
) -> Recstore:
    """Build a recstore on the parts that the settings name. Starts nothing."""
    catalog = catalog or open_catalog(settings)
    blobs = blobs or open_blobs(settings)
    agents = open_agents(settings, catalog)
    watch = LockWatch()
    catalog.text_keys = TextKeys(catalog, agents.holding, clock, watch)
    gate = Gate(catalog, Decider(read_policy(settings.policies)), clock)
    intake = build_intake(settings, clock=clock, blobs=blobs, catalog=catalog.unread())
    sharing = Sharing(gate, clock)
    playback = Playback(gate, Custody(agents, catalog, clock, watch), blobs, clock)
    return Recstore(
        settings=settings,
        clock=clock,
        catalog=catalog,
        blobs=blobs,
        agents=agents,
        gate=gate,
        accounts=Accounts(catalog, agents, clock),
        signin=SignIn(catalog, clock),
        calls=intake.calls,
        recordings=intake.recordings,
        transcripts=intake.transcripts,
        library=Library(gate),
        playback=playback,
        sharing=sharing,
        audiences=Audiences(gate),
        access_requests=AccessRequests(gate, clock, sharing),
        what_if=WhatIf(gate, clock),
        review=Review(gate, clock),
        explainer=Explainer(gate),
        directory=Directory(catalog, clock),
        domains=Domains(catalog, resolver or DnsResolver(settings.dns_server), clock),
        switches=Switches(catalog, clock),
        rooms=Rooms(catalog, clock),
        existing=Existing(gate, clock),
        membership=Membership(catalog, clock),
        history=History(gate, clock),
        key_locks=KeyLocks(catalog, agents, clock),
        coverage=Coverage(catalog, agents),
        rewrapping=Rewrapping(catalog, agents, clock),
        settling=Settling(catalog, clock),
        moving=Moving(catalog, agents, clock),
        shredding=Shredding(catalog, agents, clock),
        destroying=Destroying(catalog, agents, clock),
        operators=Operators(catalog, clock),
        consents=Consents(catalog, ConsentAgent(agents), clock),
        support=Supporting(gate, playback, clock),
    )


def build_intake(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    blobs: Blobs | None = None,
    catalog: Catalog | None = None,
) -> Intake:
    """Build what a process needs that only hands over. Starts nothing."""
    catalog = catalog or open_catalog(settings)
    store = SealedStore(catalog, blobs or open_blobs(settings))
    return Intake(
        settings=settings,
        clock=clock,
        catalog=catalog,
        calls=CallIntake(catalog, clock),
        recordings=RecordingIntake(catalog, store, clock),
        transcripts=TranscriptIntake(catalog, store, clock),
    )


def open_catalog(settings: Settings) -> Catalog:
    """Open the catalog, its schema up to date."""
    prepare(settings)
    url = database_url(settings)
    engine = open_engine(url)
    migrate(engine)
    # A lost key is never replaced: under another, nothing that is there would be found.
    if not is_keyed(engine):
        make_secret(settings, LOOKUP)
    engine.dispose()
    catalog = Catalog(url, secret=read_secret(settings, LOOKUP))
    hold_to_key(catalog)
    return catalog


def embedded_store(settings: Settings) -> EmbeddedStore:
    """Name the embedded store of an installation; it may run already, or not."""
    return EmbeddedStore(settings.data / "store", settings.data / "logs" / "store.log")


def open_blobs(settings: Settings) -> S3Blobs:
    """Open the store that the settings name, or the embedded one. Connects when used."""
    if settings.s3_endpoint is None:
        return embedded_store(settings).blobs()
    if settings.s3_credentials_file is None:
        raise Misconfigured("RECSTORE_S3_CREDENTIALS_FILE is needed beside RECSTORE_S3_ENDPOINT.")
    credentials = json.loads(settings.s3_credentials_file.read_text())
    return S3Blobs(
        endpoint=settings.s3_endpoint,
        access_key=credentials["access_key"],
        secret_key=credentials["secret_key"],
        bucket=settings.s3_bucket,
        region=settings.s3_region,
    )


def open_agents(settings: Settings, catalog: Catalog) -> Agents:
    """Find the way to the service's own key agent, and from it to the customers'. Connects when used."""
    patience = settings.keys_patience_ms / 1000
    try:
        service = Agent(settings.agent_address, timeout=patience, identity=_identity(settings))
    except HomeUnfit as error:
        raise Misconfigured(f"RECSTORE_KEYS_AGENT: {error}") from error
    return Agents(catalog, service, identities=settings.secrets_folder / "agents", patience=patience)


def _identity(settings: Settings) -> Identity | None:
    certificate, key, peers_ca = (
        settings.keys_certificate_file,
        settings.keys_private_key_file,
        settings.keys_ca_file,
    )
    if certificate is None or key is None or peers_ca is None:
        return None  # which an agent over TLS refuses
    return Identity(certificate=certificate, key=key, peers_ca=peers_ca)


def read_policy(folder: Path) -> Policy:
    """Read and check the sharing rules; raise Misconfigured on any doubt."""
    try:
        # As bytes: reading as text would hide foreign line endings from the loader.
        model, rules = ((folder / name).read_bytes().decode() for name in ("model.conf", "policy.csv"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"The sharing rules in {folder} cannot be read.") from error
    return load_policy(model=model, rules=rules)
