//! Serves a scenario's folder on a loopback port: `cargo run --example serve -- DIR PORT`. The Python tests start it.

use std::path::Path;
use std::sync::Arc;

use marple_world::{Files, Scenario, World, serve};
use tokio::net::TcpListener;

type AnyError = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(port)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serve DIR PORT".into());
    };
    let world = World::new(Arc::new(Scenario::load(Files::read(Path::new(&folder))?)?));
    world.check().map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    serve(world, listener, std::future::pending()).await?;
    Ok(())
}
