//! Sends one body again and again, as fast as a service takes it, and prints how it went as JSON.
//!
//! `imgfilter-load-client ADDRESS HEADS BODY CONNECTIONS SECONDS REQUESTS`: HEADS is a file of request heads, each with
//! its empty line; they are sent in turn, the file BODY after each. It ends after so many seconds, or so many requests,
//! whichever comes first. A thread for each connection, blocking calls, one buffer: next to nothing is done here, so that
//! the processors are left to what is measured.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer that is read past, in bytes.
const MAX_ANSWER: u64 = 1 << 20;

struct Work {
    address: String,
    heads: Vec<Vec<u8>>,
    body: Vec<u8>,
    end: Instant,
    requests: usize,
    begun: AtomicUsize,
}

/// One request: its status, 0 for none, and how long it took in seconds.
struct Outcome {
    status: u16,
    seconds: f64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load-client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> io::Result<String> {
    let [address, heads, body, connections, seconds, requests] = arguments else {
        return Err(io::Error::other("ADDRESS HEADS BODY CONNECTIONS SECONDS REQUESTS"));
    };
    let number = |text: &String| text.parse::<usize>().map_err(io::Error::other);
    let start = Instant::now();
    let work = Work {
        address: address.clone(),
        heads: split_heads(&fs::read(heads)?),
        body: fs::read(body)?,
        end: start + Duration::from_secs(number(seconds)? as u64),
        requests: number(requests)?,
        begun: AtomicUsize::new(0),
    };
    if work.heads.is_empty() {
        return Err(io::Error::other("there is no request head"));
    }
    let connections = number(connections)?;
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(|| send_all(&work))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    Ok(report(outcomes, start.elapsed().as_secs_f64()))
}

fn split_heads(text: &[u8]) -> Vec<Vec<u8>> {
    let mut heads = Vec::new();
    let mut start = 0;
    for at in 0..text.len() {
        if text[start..=at].ends_with(b"\r\n\r\n") {
            heads.push(text[start..=at].to_vec());
            start = at + 1;
        }
    }
    heads
}

/// What one connection does; it is made anew when it is lost.
fn send_all(work: &Work) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut connection = None;
    loop {
        let number = work.begun.fetch_add(1, Ordering::Relaxed);
        if number >= work.requests || Instant::now() >= work.end {
            return outcomes;
        }
        let start = Instant::now();
        let status = send(work, number, &mut connection).unwrap_or_default();
        if status == 0 {
            connection = None;
        }
        outcomes.push(Outcome { status, seconds: start.elapsed().as_secs_f64() });
    }
}

fn send(work: &Work, number: usize, connection: &mut Option<BufReader<TcpStream>>) -> io::Result<u16> {
    let reader = match connection {
        Some(reader) => reader,
        None => {
            let stream = TcpStream::connect(&work.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            connection.insert(BufReader::new(stream))
        }
    };
    reader.get_mut().write_all(&work.heads[number % work.heads.len()])?;
    reader.get_mut().write_all(&work.body)?;
    let (status, length, close) = read_head(reader)?;
    io::copy(&mut reader.by_ref().take(length.min(MAX_ANSWER)), &mut io::sink())?;
    if close {
        *connection = None;
    }
    Ok(status)
}

/// The status of an answer, the length of its body, and whether the connection ends with it.
fn read_head(reader: &mut impl BufRead) -> io::Result<(u16, u64, bool)> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no status line"))?;
    let (mut length, mut close) = (0, false);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Ok((status, length, close));
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
            "connection" => close = value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
}

fn report(outcomes: Vec<Outcome>, seconds: f64) -> String {
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    let mut times = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        *statuses.entry(outcome.status).or_default() += 1;
        times.push(outcome.seconds);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (times.len() as f64 * share).ceil() as usize;
        times.get(index.saturating_sub(1)).copied().unwrap_or_default()
    };
    let statuses: Vec<_> = statuses.iter().map(|(status, count)| format!("\"{status}\":{count}")).collect();
    format!(
        "{{\"seconds\":{seconds:.3},\"statuses\":{{{}}},\"p50\":{:.4},\"p90\":{:.4},\"p99\":{:.4},\"max\":{:.4}}}",
        statuses.join(","),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    )
}
