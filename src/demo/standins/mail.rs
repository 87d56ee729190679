//! A mail server: SMTP as a relay speaks it, for every address of the world. What it takes goes to the board instead of an inbox.

use std::io;
use std::sync::Arc;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::LENGTH_MAX;
use crate::demo::board::Board;
use crate::demo::happening::{Mail, Reader, What};
use crate::demo::settings::STAFF;
use crate::stream::Clock;

/// Serves until `ended`.
pub async fn serve(listener: TcpListener, board: Arc<Board>, clock: Clock, mut ended: watch::Receiver<bool>) {
    loop {
        let connection = tokio::select! {
            // Its sender gone is an end, too.
            _ = ended.wait_for(|ended| *ended) => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((stream, _)) = connection {
            let (board, clock) = (Arc::clone(&board), clock.clone());
            tokio::spawn(async move {
                // A client that goes without a word has got what it wanted.
                let _ = converse(stream, &board, &clock).await;
            });
        }
    }
}

async fn converse(mut stream: TcpStream, board: &Board, clock: &Clock) -> io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut reading = BufReader::new(reading);
    let mut recipients = Vec::new();
    writing.write_all(b"220 mail.demo.example ESMTP, a stand-in\r\n").await?;
    while let Some(line) = line(&mut reading).await? {
        let line = String::from_utf8_lossy(&line).into_owned();
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-mail.demo.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING",
            "HELO" | "NOOP" => "250 ok",
            "MAIL" | "RSET" => {
                recipients.clear();
                "250 ok"
            }
            "RCPT" => match address(&line) {
                Some(address) => {
                    recipients.push(address);
                    "250 ok"
                }
                None => "501 expected RCPT TO:<address>",
            },
            "DATA" if recipients.is_empty() => "503 expected RCPT first",
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await?;
                let content = content(&mut reading).await?;
                deliver(&recipients, &content, board, clock);
                recipients.clear();
                "250 taken"
            }
            "QUIT" => {
                writing.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 unknown here",
        };
        writing.write_all(answer.as_bytes()).await?;
        writing.write_all(b"\r\n").await?;
    }
    Ok(())
}

/// The next line without its end; none at the end.
async fn line(reading: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if reading.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    while line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        line.pop();
    }
    Ok(Some(line))
}

/// A mail up to its lone dot, with the dots put back that the client has doubled.
async fn content(reading: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let line = line(reading).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match line.as_slice() {
            b"." => return Ok(content),
            [b'.', rest @ ..] => content.extend_from_slice(rest),
            whole => content.extend_from_slice(whole),
        }
        content.extend_from_slice(b"\r\n");
        if content.len() > LENGTH_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

/// `RCPT TO:<address> ...`
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>').map(|(address, _)| address.to_owned())
}

fn deliver(recipients: &[String], content: &[u8], board: &Board, clock: &Clock) {
    let Some(message) = MessageParser::default().parse(content) else { return };
    let subject = message.subject().unwrap_or_default().to_owned();
    let text = message.body_text(0).unwrap_or_default().trim_end().to_owned();
    for to in recipients {
        let reader = if STAFF.contains(&to.as_str()) { Reader::Staff } else { Reader::Customer };
        let mail = Mail { reader, to: to.clone(), subject: subject.clone(), text: text.clone() };
        board.put(clock.now(), What::Mail(mail));
    }
}
