//! Options and their values, as the AWS CLI reads them.

use crate::{
    Argument, Command, CommandFault,
    index::{self, Parameter, Service},
    value,
};

/// Global options that take a value, of versions 1 and 2 of the AWS CLI.
const GLOBAL: [&str; 10] = [
    "endpoint-url",
    "output",
    "query",
    "profile",
    "region",
    "color",
    "ca-bundle",
    "cli-read-timeout",
    "cli-connect-timeout",
    "cli-binary-format",
];

/// Global options that take none.
const GLOBAL_SWITCHES: [&str; 8] = [
    "debug",
    "no-verify-ssl",
    "no-paginate",
    "version",
    "no-sign-request",
    "no-cli-pager",
    "cli-auto-prompt",
    "no-cli-auto-prompt",
];

/// The formats of `--output`.
const OUTPUTS: [&str; 5] = ["json", "text", "table", "yaml", "yaml-stream"];

/// Options of every operation, each with one value. With one of them nothing else is required.
const INPUTS: [&str; 3] = ["cli-input-json", "cli-input-yaml", "generate-cli-skeleton"];

/// A command that was read, with what is wrong with its options.
pub(crate) struct Read {
    pub(crate) command: Command,
    pub(crate) faults: Vec<CommandFault>,
}

/// Reads the words after `aws`.
pub(crate) fn read(line: &str, words: Vec<String>) -> Result<Read, Vec<CommandFault>> {
    let (service, operation, rest) = head(line, words).map_err(|fault| vec![fault])?;
    if !index::is_service(&service) {
        let nearest = index::nearest_service(&service);
        return Err(vec![CommandFault::UnknownService { service, nearest }]);
    }
    let Some(known) = Service::find(&service) else {
        let arguments = group(rest, &[]).0;
        return Ok(Read { command: Command { service, operation, arguments, indexed: false }, faults: Vec::new() });
    };
    let (operation, rest) = whole_operation(known, operation, rest);
    let Some(parameters) = known.parameters(&operation) else {
        let nearest = index::nearest(&operation, known.operations());
        // What it destroys or reveals is said even if it does not exist.
        let command =
            Command { service: service.clone(), operation: operation.clone(), arguments: Vec::new(), indexed: false };
        return Ok(Read { command, faults: vec![CommandFault::UnknownOperation { service, operation, nearest }] });
    };
    let (arguments, stray) = group(rest, &parameters);
    let command = Command { service, operation, arguments, indexed: true };
    let faults = faults(&command, known, &parameters, stray);
    Ok(Read { command, faults })
}

/// The service, the operation, and the words that are neither. Global options may stand before the service.
fn head(line: &str, words: Vec<String>) -> Result<(String, String, Vec<String>), CommandFault> {
    let not_aws = |reason| CommandFault::NotAws { command: line.to_owned(), reason };
    let mut before = Vec::new();
    let mut words = words.into_iter().peekable();
    while words.peek().is_some_and(|word| word.starts_with("--")) {
        let Some(option) = words.next() else { break };
        let takes_value = GLOBAL.iter().any(|name| option.strip_prefix("--") == Some(name));
        before.push(option);
        if takes_value {
            before.extend(words.next());
        }
    }
    let (Some(service), Some(operation)) = (words.next(), words.next().filter(|word| !word.starts_with('-'))) else {
        return Err(not_aws("the service or the operation is missing"));
    };
    before.extend(words);
    Ok((service, operation, before))
}

/// `wait services-stable` is one operation of two words.
fn whole_operation(service: Service, first: String, mut rest: Vec<String>) -> (String, Vec<String>) {
    let is_nested = rest.first().is_some_and(|word| !word.starts_with('-'))
        && service
            .operations()
            .any(|known| known.strip_prefix(first.as_str()).is_some_and(|more| more.starts_with(' ')));
    if is_nested {
        let second = rest.remove(0);
        return (format!("{first} {second}"), rest);
    }
    (first, rest)
}

/// The options with their values, and the words that belong to none. Without parameters every word belongs to the option before it.
fn group(words: Vec<String>, parameters: &[Parameter]) -> (Vec<Argument>, Vec<String>) {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut stray = Vec::new();
    let mut room = 0_usize;
    let mut positional = parameters.iter().filter(|parameter| parameter.positional);
    for word in words {
        if let Some(option) = word.strip_prefix("--").filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
            room = if value.is_some() { 0 } else { room_of(name, parameters) };
            arguments.push(Argument { name: name.to_owned(), values: value.map(str::to_owned).into_iter().collect() });
        } else if room > 0
            && let Some(last) = arguments.last_mut()
        {
            room -= 1;
            last.values.push(word);
        } else if let Some(parameter) = positional.next() {
            arguments.push(Argument { name: parameter.name.to_owned(), values: vec![word] });
        } else {
            stray.push(word);
        }
    }
    (arguments, stray)
}

/// How many values an option takes at most.
fn room_of(name: &str, parameters: &[Parameter]) -> usize {
    if GLOBAL_SWITCHES.contains(&name) {
        return 0;
    }
    if GLOBAL.contains(&name) || INPUTS.contains(&name) {
        return 1;
    }
    match parameters.iter().find(|parameter| parameter.name == name) {
        Some(parameter) if parameter.switch => 0,
        Some(parameter) if parameter.kind.starts_with('*') || parameter.kind == "list" => usize::MAX,
        Some(_) => 1,
        None => usize::MAX,
    }
}

fn faults(command: &Command, service: Service, parameters: &[Parameter], stray: Vec<String>) -> Vec<CommandFault> {
    let operation = format!("{} {}", command.service, command.operation);
    let mut faults = Vec::new();
    for argument in &command.arguments {
        faults.extend(fault(argument, &operation, service, parameters));
    }
    faults.extend(stray.into_iter().map(|word| CommandFault::StrayWord { operation: operation.clone(), word }));
    let given = |name: &str| command.arguments.iter().any(|argument| argument.name == name);
    if !INPUTS.iter().any(|name| given(name)) {
        let missing = parameters.iter().filter(|parameter| parameter.required && !given(parameter.name));
        faults.extend(missing.map(|parameter| {
            let dashes = if parameter.positional { "" } else { "--" };
            CommandFault::Missing { operation: operation.clone(), option: format!("{dashes}{}", parameter.name) }
        }));
    }
    faults
}

fn fault(argument: &Argument, operation: &str, service: Service, parameters: &[Parameter]) -> Option<CommandFault> {
    let option = argument.name.as_str();
    let wrong =
        |reason: String| CommandFault::Value { operation: operation.to_owned(), option: option.to_owned(), reason };
    if let Some(parameter) = parameters.iter().find(|parameter| parameter.name == option) {
        if parameter.switch {
            return (!argument.values.is_empty()).then(|| wrong("it is a switch and takes no value".to_owned()));
        }
        if argument.values.is_empty() {
            return Some(wrong("its value is missing".to_owned()));
        }
        return value::check(&argument.values, parameter.kind, service).err().map(wrong);
    }
    if GLOBAL_SWITCHES.contains(&option) {
        return None;
    }
    if GLOBAL.contains(&option) || INPUTS.contains(&option) {
        let [value] = argument.values.as_slice() else {
            return (option != "generate-cli-skeleton").then(|| wrong("its value is missing".to_owned()));
        };
        let fits = option != "output" || OUTPUTS.contains(&value.as_str());
        return (!fits).then(|| wrong(format!("{value:?} is none of {}", OUTPUTS.join(", "))));
    }
    let nearest = index::nearest(option, parameters.iter().map(|parameter| parameter.name));
    Some(CommandFault::UnknownOption { operation: operation.to_owned(), option: option.to_owned(), nearest })
}
