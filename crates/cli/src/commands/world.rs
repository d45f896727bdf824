//! `marple world`: the scenarios, and looking around in one with the AWS CLI.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::{arguments::World, exit::Exit, failure::Failure, output, scenarios};

/// Lists, checks or serves.
pub(crate) async fn run(verb: World) -> Result<Exit, Failure> {
    match verb {
        World::List => list(),
        World::Check { scenario } => check(&scenario),
        World::Serve { scenario, port } => serve(&scenario, port).await,
    }
}

fn list() -> Result<Exit, Failure> {
    let names = scenarios::names();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    for name in &names {
        let (_, scenario) = scenarios::load(name)?;
        output::print(&format!("{name:width$}  {}", scenario.title));
    }
    Ok(Exit::Done)
}

fn check(named: &str) -> Result<Exit, Failure> {
    let (name, _) = scenarios::checked(named)?;
    output::print(&format!("{name}: every file can be played"));
    Ok(Exit::Done)
}

async fn serve(named: &str, port: u16) -> Result<Exit, Failure> {
    let (name, world) = scenarios::checked(named)?;
    let (region, now) = (world.scenario().region.clone(), world.now());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        Failure::usage(format!("port {port} cannot be used: {error}"))
            .hint("choose another with --port, or --port 0 for a free one")
    })?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    anstream::eprintln!(
        "{name} as of {now}, on http://127.0.0.1:{port} until Ctrl-C. For example:\n  \
         AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={region} \\\n    \
         aws --endpoint-url http://127.0.0.1:{port} cloudwatch describe-alarms"
    );
    let shutdown = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let served = marple_world::serve(world, listener, shutdown).await;
    served.map_err(|error| Failure::configuration(format!("serving ended: {error}")))?;
    Ok(Exit::Done)
}
