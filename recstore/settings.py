"""The only reader of the environment. Every setting is `RECSTORE_…`; the defaults are the embedded set-up."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from recstore.errors import Misconfigured

GIB = 1 << 30


class Settings(BaseSettings):
    """What an operator can choose. Secrets are read from files: an environment is shown too easily."""

    model_config = SettingsConfigDict(env_prefix="RECSTORE_", extra="ignore", frozen=True)

    data: Path = Field(
        default=Path("data"), description="folder of this installation: catalog, keys, embedded store, logs"
    )
    database_url: str | None = Field(
        default=None, description="postgresql://… ; without it, SQLite in the data folder"
    )
    database_password_file: Path | None = Field(
        default=None, description="file with the database password, put into database_url"
    )
    s3_endpoint: str | None = Field(
        default=None, description="https://… of an S3 store; without it, an embedded one is started"
    )
    s3_bucket: str = Field(default="recstore", description="bucket for sealed content")
    s3_region: str = Field(
        default="us-east-1", description="region that requests to s3_endpoint are signed for"
    )
    s3_credentials_file: Path | None = Field(
        default=None, description='JSON file {"access_key", "secret_key"} for s3_endpoint'
    )
    keys_agent: str | None = Field(
        default=None,
        description="path of a key agent's socket, or tls://HOST:PORT; without it, one is started",
    )
    keys_certificate_file: Path | None = Field(
        default=None, description="PEM, our certificate for a key agent over TLS"
    )
    keys_private_key_file: Path | None = Field(
        default=None, description="PEM, its private key, readable by our user alone"
    )
    keys_ca_file: Path | None = Field(
        default=None, description="PEM, the CA that vouches for a key agent over TLS"
    )
    keys_patience_ms: int = Field(
        default=250,
        ge=10,
        le=10_000,
        description="how long each of two attempts to open a key may take; more for an agent far away",
    )
    policies: Path = Field(
        default=Path(__file__).resolve().parents[1] / "policies",
        description="folder of model.conf and policy.csv",
    )
    max_recording_bytes: int = Field(default=16 * GIB, gt=0, description="largest recording taken")
    max_document_bytes: int = Field(default=64 << 20, gt=0, description="largest JSON document taken")
    secure_cookies: bool = Field(
        default=False, description="send cookies over TLS only; set it wherever there is TLS in front"
    )
    proxies: int = Field(
        default=0, ge=0, description="how many reverse proxies of yours stand in front; their word is taken"
    )

    dns_server: str | None = Field(
        default=None,
        pattern=r"^\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?$",
        description=(
            "IPv4 address, or address:port, of the DNS server asked for proofs of domains;"
            " without it, the machine's own"
        ),
    )

    @property
    def secrets_folder(self) -> Path:
        """Give the folder of this installation's own secrets."""
        return self.data / "secrets"

    @property
    def agent_socket(self) -> Path:
        """Give the socket of the embedded key agent."""
        return self.data / "run" / "keys.sock"

    @property
    def agent_address(self) -> Path | str:
        """Say where the key agent is: at the path of a socket, or at tls://HOST:PORT."""
        if self.keys_agent is None:
            return self.agent_socket
        return self.keys_agent if self.keys_agent.startswith("tls:") else Path(self.keys_agent)


def read_settings(data: Path | None = None) -> Settings:
    """Read the environment. `data`, from the command line, comes before it."""
    try:
        return Settings() if data is None else Settings(data=data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "RECSTORE_" + "_".join(str(step) for step in first["loc"]).upper()
        raise Misconfigured(f"{name}: {first['msg']}") from None
