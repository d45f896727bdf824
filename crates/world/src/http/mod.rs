//! How requests reach a world: in-process through the SDK's HTTP client, or over a loopback port.

mod answer;
mod body;
mod client;
pub(crate) mod serve;
#[cfg(test)]
mod tests;
