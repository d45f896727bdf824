//! What sort of failure an error's words speak of, in any of Lambda's runtimes.
//!
//! The patterns are the runtimes' and SDKs' own messages. What fits none is [`Failure::Program`]: an error of the program.

use std::sync::LazyLock;

use regex::Regex;

/// The sort of a failure, with what its message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A host name that does not resolve.
    HostNotFound { host: Option<String> },
    /// An address that refuses connections.
    Refused { address: Option<String> },
    /// An address that does not answer.
    ConnectTimedOut { address: Option<String> },
    /// A database that accepts no more connections.
    ConnectionLimit,
    /// A program's own pool of connections hands none out in time.
    PoolExhausted,
    /// The AWS SDK found no credentials to sign a call with.
    NoCredentials,
    /// Credentials that the other side does not accept.
    Unauthenticated,
    /// A certificate that has expired, or that is not trusted.
    Certificate { host: Option<String>, expired: bool },
    /// The other side answers with a server error of its own.
    Upstream { host: Option<String> },
    /// A disk is full.
    StorageFull,
    /// A database's storage is full.
    DatabaseFull,
    /// A database makes its clients wait for one another's locks.
    Locked,
    /// A connection to a database broke off.
    ConnectionLost,
    /// The code, or a module of it, cannot be loaded.
    Import { module: Option<String> },
    /// The configured handler is not in the code.
    Handler,
    /// A policy refuses a call.
    Denied { action: Option<String>, resource: Option<String> },
    /// A service that is called refuses because of its rate.
    RateExceeded,
    /// Memory ran out.
    OutOfMemory,
    /// The platform ended the invocation at its timeout.
    TimedOut,
    /// The server that runs the program (gunicorn, uWSGI, PHP-FPM, Unicorn) ended a request that outlasted its own limit.
    Overrun,
    /// Anything else: the program's own.
    Program,
}

/// A pattern list: the first capture group, where there is one, is the thing that the message names.
struct Patterns(Vec<Regex>);

impl Patterns {
    fn new(patterns: &[&str]) -> Self {
        Self(patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect())
    }

    /// `None`: no pattern fits. `Some(None)`: one fits and names nothing.
    fn read(&self, text: &str) -> Option<Option<String>> {
        let captures: Vec<_> = self.0.iter().filter_map(|pattern| pattern.captures(text)).collect();
        let named = captures.iter().find_map(|found| found.get(1)).map(|group| trimmed(group.as_str()));
        (!captures.is_empty()).then_some(named)
    }
}

fn trimmed(word: &str) -> String {
    word.trim_matches(|c: char| "\"'`,;()<>\\".contains(c)).trim_end_matches(['.', ':']).to_owned()
}

static HOST_NOT_FOUND: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([^\s:,]+)",
        r"UnknownHostException: ([^\s:,]+)",
        r"lookup ([^\s:]+)(?: on \S+)?: (?:no such host|server misbehaving)",
        r#"could not translate host name "([^"]+)""#,
        r"Failed to resolve '([^']+)'",
        r"(?:Name or service not known|No such host is known\.?|nodename nor servname provided[^(]*) \(([^\s:)]+)",
        r"server on '([^']+)'.*Name or service not known",
        r"getaddrinfo failed|gaierror|Name or service not known|Temporary failure in name resolution|ENOTFOUND|EAI_AGAIN|UnknownHostException|no such host",
    ])
});
static REFUSED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"connect ECONNREFUSED (\S+)",
        r"dial tcp (\S+): connect: connection refused",
        r"Connection to (\S+) refused",
        r#"server at "([^"]+)".*Connection refused"#,
        r"Connection refused \(([^)]+)\)",
        r"ECONNREFUSED|ConnectionRefusedError|[Cc]onnection refused",
    ])
});
static CONNECT_TIMED_OUT: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"connect ETIMEDOUT (\S+)",
        r"dial tcp (\S+): i/o timeout",
        r#"server at "([^"]+)".*(?:timed out|timeout expired)"#,
        r"Connect timeout on endpoint URL: (\S+)",
        r"ETIMEDOUT|ConnectTimeout|[Cc]onnect timed out|[Cc]onnection timed out|connection timeout expired|EHOSTUNREACH|[Nn]o route to host",
    ])
});
static CONNECTION_LIMIT: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"(?i)too[ _]many[ _](?:connections|clients)|remaining connection slots are reserved|\b53300\b.*connection",
    ])
});
/// The pools' own words: DBConnection, HikariCP, SQLAlchemy, Active Record, .NET, Npgsql, Knex, sqlx, Prisma, DBCP, psycopg.
static POOL_EXHAUSTED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"connection not available and request was dropped from queue|Connection is not available, request timed out after",
        r"QueuePool limit of size \d+ overflow|could not obtain a (?:database )?connection (?:from the pool )?within",
        r"prior to obtaining a connection from the pool|connection pool has been exhausted|Timeout acquiring a connection",
        r"pool timed out while waiting for an open connection|Timed out fetching a new connection from the connection pool",
        r"Cannot get a connection, pool error|PoolTimeout: couldn't get a connection",
    ])
});
/// The servers' own words: gunicorn, uWSGI, PHP-FPM, Unicorn.
static OVERRUN: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"WORKER TIMEOUT \(pid:|\*\*\* HARAKIRI ON WORKER|execution timed out \([\d.]+ sec\), terminating",
        r"timeout \(\d+s > \d+s\), killing",
    ])
});
/// The AWS SDKs' own words: Python, Java, JavaScript, Go, Rust, .NET, Ruby, PHP, and the AWS CLI.
static NO_CREDENTIALS: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"NoCredentialsError|CredentialRetrievalError|Unable to locate credentials|Error when retrieving credentials from",
        r"(?i)unable to load (?:AWS )?credentials from|failed to load credentials from IMDS",
        r"CredentialsProviderError|Could not load credentials from any providers|Missing credentials in config",
        r"no EC2 IMDS role found|failed to refresh cached credentials|NoCredentialProviders|no valid providers in chain",
        r"CredentialsNotLoaded|no providers in chain provided credentials|failed to retrieve credentials from (?:the )?IMDS",
        r"Unable to get IAM security credentials|Failed to resolve AWS credentials|Unable to find credentials",
        r"Aws::Errors::MissingCredentialsError|unable to sign request without credentials|Error retrieving credentials from the instance profile",
    ])
});
static UNAUTHENTICATED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"(?i)password authentication failed|Access denied for user|ER_ACCESS_DENIED_ERROR|no password supplied|WRONGPASS|NOAUTH Authentication required",
        r"\b401 Client Error|status code:? 401\b|\b401 Unauthorized|401 \(Unauthorized\)|UnauthorizedException: |(?i:invalid|expired) (?i:api[ _-]?key|access token)|UnrecognizedClientException|InvalidClientTokenId|ExpiredTokenException|\bExpiredToken\b|security token included in the request is expired",
    ])
});
static CERTIFICATE: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"host='([^']+)'.*(?:CERTIFICATE_VERIFY_FAILED|certificate verify failed)",
        r#"(?:Get|Post|Put|Patch|Delete|Head) "(https://[^"]+)": .*x509: "#,
        r"No subject alternative (?:DNS )?name matching (\S+) found",
        r"CERT_HAS_EXPIRED|certificate has expired|certificate is not yet valid|CERTIFICATE_VERIFY_FAILED|certificate verify failed|x509: |PKIX path|CertificateExpiredException|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED_CERT|self[- ]signed certificate|ERR_TLS_CERT_ALTNAME_INVALID|remote certificate is invalid|RemoteCertificateNameMismatch",
    ])
});
static EXPIRED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"CERT_HAS_EXPIRED|certificate has expired|CertificateExpiredException|validity check failed|NotTimeValid",
    ])
});
static UPSTREAM: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"\b5\d\d Server Error: .* for url: (\S+)",
        r"Request failed with status code 5\d\d|status code does not indicate success: 5\d\d|HttpServerErrorException|HTTPError: HTTP Error 5\d\d|HTTPInternalServerError|HTTPServiceUnavailable|HTTPBadGateway|\b(?:502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out)\b",
    ])
});
static DATABASE_FULL: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"(?i)ER_RECORD_FILE_FULL|ER_DISK_FULL|\bthe table '[^']*' is full|could not (?:extend file|write to file) .*no space left|storage-full",
    ])
});
static LOCKED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"(?i)lock wait timeout exceeded|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK|deadlock (?:detected|found)|canceling statement due to lock timeout|could not obtain lock",
    ])
});
static CONNECTION_LOST: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"(?i)PROTOCOL_CONNECTION_LOST|server closed the connection|terminating connection due to|lost connection to (?:mysql|server)|server has gone away|the database system is (?:starting up|shutting down)|cannot execute \w+ in a read-only transaction|--read-only option|connection terminated unexpectedly",
    ])
});
static STORAGE_FULL: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"(?i)no space left on device|\bENOSPC\b|not enough space on the disk|disk quota exceeded|There is not enough space",
    ])
});
static IMPORT: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"Cannot find (?:module|package) '([^']+)'",
        r"No module named '?([\w.\-]+)'?",
        r"cannot import name '([^']+)'",
        r"(?:ClassNotFoundException|NoClassDefFoundError): ([\w.$/]+)",
        r"Could not load file or assembly '([^',]+)",
        r"cannot load such file -- (\S+)",
        r"Runtime\.ImportModuleError|Runtime\.UserCodeSyntaxError|Runtime\.InvalidEntrypoint|exec format error",
    ])
});
static HANDLER: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"Runtime\.HandlerNotFound|Runtime\.MalformedHandlerName|is undefined or not exported|Handler '[^']*' missing on module|Unable to find type|NoSuchMethodException",
    ])
});
static RATE_EXCEEDED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"ThrottlingException|TooManyRequestsException|Rate exceeded|ProvisionedThroughputExceeded|RequestLimitExceeded|SlowDown|status code:? 429|Throttling:",
    ])
});
static OUT_OF_MEMORY: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"Runtime\.OutOfMemory|heap out of memory|\bMemoryError\b|OutOfMemoryError|OutOfMemoryException|runtime: out of memory|cannot allocate memory|signal: killed",
    ])
});
static TIMED_OUT: LazyLock<Patterns> =
    LazyLock::new(|| Patterns::new(&[r"Task timed out after|Sandbox\.Timed[Oo]ut|Status: timeout"]));
static DENIED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        r"AccessDenied|not authorized to perform|UnauthorizedOperation|UnauthorizedAccess|AuthorizationError",
    ])
});
static DENIED_ACTION: LazyLock<Patterns> =
    LazyLock::new(|| Patterns::new(&[r"not authorized to perform:? \[?([\w\-]+:[\w*]+)"]));
static DENIED_RESOURCE: LazyLock<Patterns> = LazyLock::new(|| Patterns::new(&[r"on (?:the )?resource:? (\S+)"]));

impl Failure {
    /// Reads an error's class, code and message, or a whole log line.
    pub(crate) fn of(text: &str) -> Self {
        if TIMED_OUT.read(text).is_some() {
            return Self::TimedOut;
        }
        if OVERRUN.read(text).is_some() {
            return Self::Overrun;
        }
        if OUT_OF_MEMORY.read(text).is_some() {
            return Self::OutOfMemory;
        }
        if HANDLER.read(text).is_some() {
            return Self::Handler;
        }
        if let Some(module) = IMPORT.read(text) {
            return Self::Import { module };
        }
        Self::of_dependency(text).unwrap_or(Self::Program)
    }

    fn of_dependency(text: &str) -> Option<Self> {
        if NO_CREDENTIALS.read(text).is_some() {
            return Some(Self::NoCredentials);
        }
        if UNAUTHENTICATED.read(text).is_some() {
            return Some(Self::Unauthenticated);
        }
        if DENIED.read(text).is_some() {
            let action = DENIED_ACTION.read(text).flatten();
            return Some(Self::Denied { action, resource: DENIED_RESOURCE.read(text).flatten() });
        }
        if DATABASE_FULL.read(text).is_some() {
            return Some(Self::DatabaseFull);
        }
        if LOCKED.read(text).is_some() {
            return Some(Self::Locked);
        }
        if CONNECTION_LOST.read(text).is_some() {
            return Some(Self::ConnectionLost);
        }
        if STORAGE_FULL.read(text).is_some() {
            return Some(Self::StorageFull);
        }
        if let Some(host) = CERTIFICATE.read(text) {
            return Some(Self::Certificate { host, expired: EXPIRED.read(text).is_some() });
        }
        if RATE_EXCEEDED.read(text).is_some() {
            return Some(Self::RateExceeded);
        }
        if CONNECTION_LIMIT.read(text).is_some() {
            return Some(Self::ConnectionLimit);
        }
        if POOL_EXHAUSTED.read(text).is_some() {
            return Some(Self::PoolExhausted);
        }
        if let Some(host) = HOST_NOT_FOUND.read(text) {
            return Some(Self::HostNotFound { host });
        }
        if let Some(address) = REFUSED.read(text) {
            return Some(Self::Refused { address });
        }
        if let Some(address) = CONNECT_TIMED_OUT.read(text) {
            return Some(Self::ConnectTimedOut { address });
        }
        UPSTREAM.read(text).map(|host| Self::Upstream { host })
    }

    /// Whether the other side was reached and answered: then its address is right, and so is the way to it.
    pub(crate) fn is_answered(&self) -> bool {
        matches!(self, Self::Unauthenticated | Self::Certificate { .. } | Self::Upstream { .. })
    }

    /// Whether connections to a database are used up: its own, or those of the program's pool.
    pub(crate) fn is_of_connections(&self) -> bool {
        matches!(self, Self::ConnectionLimit | Self::PoolExhausted)
    }

    /// Whether its words are those of an operating system, a resolver or a runtime.
    pub(crate) fn is_of_system(&self) -> bool {
        matches!(
            self,
            Self::StorageFull
                | Self::OutOfMemory
                | Self::Overrun
                | Self::HostNotFound { .. }
                | Self::Refused { .. }
                | Self::ConnectTimedOut { .. }
                | Self::Certificate { .. }
        )
    }

    /// Whether something that the function calls cannot be reached or used.
    pub(crate) fn is_dependency(&self) -> bool {
        matches!(
            self,
            Self::HostNotFound { .. }
                | Self::Refused { .. }
                | Self::ConnectTimedOut { .. }
                | Self::ConnectionLimit
                | Self::PoolExhausted
                | Self::Unauthenticated
                | Self::Certificate { .. }
                | Self::Upstream { .. }
        )
    }
}

/// The host of an address: `10.0.0.1:5432`, `https://host/path` and `host:443` without scheme, port and path.
pub(crate) fn host_of(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let address = address.split(['/', '?']).next().unwrap_or(address);
    let address = address.rsplit_once('@').map_or(address, |(_, host)| host);
    match address.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) && !host.contains(':') => host,
        _ => address,
    }
}
