//! How fast the queue is by itself: tasks are submitted, claimed and completed by the functions of the database, as
//! edges and workers do it, and no image is filtered. `python3 -m load.queue` starts a PostgreSQL for it and prints
//! what comes of it; this program measures one thing at a time and writes figures as one line of JSON.

mod course;
mod crew;
mod edge;
mod figures;
mod fill;
mod scenes;

use clap::{Parser, Subcommand};

/// Any failure ends the measurement.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What is to be measured, and where.
#[derive(Debug, Parser)]
#[command(about = "Measures the queue in a database that `imgfilter migrate` has prepared")]
struct Options {
    /// The database as the owner of the schema.
    #[arg(long)]
    owner: String,
    /// The same as the edge's role.
    #[arg(long)]
    edge: String,
    /// The same as the worker's role.
    #[arg(long)]
    worker: String,
    #[command(subcommand)]
    scene: Scene,
}

/// The measurements.
#[derive(Debug, Subcommand)]
enum Scene {
    /// Tasks a second, submitted, claimed and completed over so many connections.
    Flow(scenes::Flow),
    /// How long a claim takes in front of a backlog.
    Backlog(scenes::Backlog),
    /// A steady rate while an old snapshot keeps vacuum from removing anything.
    Held(scenes::Steady),
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let Options { owner, edge, worker, scene } = Options::parse();
    let place = scenes::Place { owner, edge, worker };
    let figures = match scene {
        Scene::Flow(flow) => flow.run(&place).await?,
        Scene::Backlog(backlog) => backlog.run(&place).await?,
        Scene::Held(steady) => steady.run(&place).await?,
    };
    println!("{figures}");
    Ok(())
}
