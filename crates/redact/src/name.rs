//! Whether a name is that of a credential.
//!
//! A name is cut into words (`dbMasterPassword`, `DB_MASTER_PASSWORD` and `db-master-password` have the same three). The last
//! word decides first: `SECRET_ARN` is a reference, `TOKEN_TTL` a number, `KEY_PREFIX` a text that anyone may read.

/// Words that name a credential wherever they stand.
const STRONG: &str = "password passwords passwd pwd passphrase passcode secret secrets token credential credentials creds \
    apikey dsn jwt bearer connstr";

/// Words that name a credential only at a name's end.
const WEAK: &str = "key keys auth pass tokens salt pepper cookie authorization";

/// Two words that name a credential together.
const PAIRS: [(&str, &str); 9] = [
    ("connection", "string"),
    ("conn", "string"),
    ("webhook", "url"),
    ("api", "key"),
    ("access", "key"),
    ("secret", "key"),
    ("private", "key"),
    ("encryption", "key"),
    ("signing", "key"),
];

/// Last words after which a name is that of a reference or a setting, whatever stands before.
const HARMLESS_ENDS: &str = "arn name names id ids prefix suffix ttl expiry expires expiration seconds minutes hours days ms \
    timeout length size count limit max min type kind enabled disabled required endpoint url uri host \
    hostname port region version path file dir mode algorithm alg header issuer audience table bucket \
    parameter field column rotation policy provider service stage role scope scopes format alias model \
    date status sha256 state username";

/// Words before `key` that make it something else than a credential.
const HARMLESS_KEYS: &str =
    "partition sort primary public hash range cache foreign object s3 routing map parameter tag index";

/// Words before `token` that make it a place in a list, or a mark against doing something twice.
const HARMLESS_TOKENS: &str = "next page pagination continuation client request idempotency cancellation sync starting";

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameVerdict {
    /// Names a credential.
    Credential,
    /// Names a credential, unless the value is a number or a flag (`MAX_TOKENS`, `USE_AUTH`).
    CredentialUnlessNumber,
    /// Names something else.
    Harmless,
}

impl NameVerdict {
    /// Whether a value under this name is hidden. A flag never is.
    pub(crate) fn hides(self, value: &str) -> bool {
        let flag =
            ["true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled", "required", "optional"];
        let is_flag = flag.iter().any(|word| value.trim().eq_ignore_ascii_case(word));
        match self {
            Self::Credential => !is_flag,
            Self::CredentialUnlessNumber => !is_flag && value.trim().parse::<f64>().is_err(),
            Self::Harmless => false,
        }
    }
}

/// What `name` says of its value.
pub(crate) fn verdict(name: &str) -> NameVerdict {
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return NameVerdict::Harmless };
    let pair = before.last().map(|word| (word.as_str(), last.as_str()));
    if pair.is_some_and(|pair| PAIRS.contains(&pair)) {
        return NameVerdict::Credential;
    }
    if holds(HARMLESS_ENDS, last) {
        return NameVerdict::Harmless;
    }
    let harmless_token = pair.is_some_and(|(word, end)| end.starts_with("token") && holds(HARMLESS_TOKENS, word));
    if !harmless_token && words.iter().any(|word| is_strong(word)) {
        return NameVerdict::Credential;
    }
    let harmless_key = pair.is_some_and(|(word, end)| end.starts_with("key") && holds(HARMLESS_KEYS, word));
    if holds(WEAK, last) && !harmless_key && !harmless_token {
        return NameVerdict::CredentialUnlessNumber;
    }
    NameVerdict::Harmless
}

/// Whether a name is that of a password, which may be a number, rather than that of a token, which may be a count.
pub(crate) fn is_of_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "secret"].iter().any(|word| name.contains(word))
}

/// Whether a list of words, as they are written above, holds this one.
fn holds(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// Whether the word names a credential, also where it was run together with another: `dbpassword`, `accesskey`.
fn is_strong(word: &str) -> bool {
    const ENDS: &str =
        "password passwd secret token credentials apikey accesskey secretkey privatekey connectionstring";
    holds(STRONG, word) || ENDS.split(' ').any(|end| word.ends_with(end))
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let followed_by_lower = characters.peek().is_some_and(|next| next.is_lowercase());
        let hump = character.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && followed_by_lower));
        if (hump || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
