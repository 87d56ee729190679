//! `parcelwatch render`: how a notice reads.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::{Failure, Outcome, Settings, print, words};
use crate::model::{Audience, Channel, Level, Message, NoticeKind, SmsProvider, World};
use crate::notify::render::parts::{self, Alphabet};
use crate::notify::render::{Locale, filings, message, sample};
use crate::reroute::{LinkKey, Links};

/// Show how a notice reads, with made-up facts
///
/// Names who writes, helps and codes come from the configuration; parcel, places and times are made up. What is not named is shown in
/// every way: without --channel on each, without --locale in each language.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch render --kind delayed --locale zh-CN
  parcelwatch render --kind collection --channel sms
  parcelwatch render --kind delayed --channel email --html --locale en > delayed.html
  parcelwatch render --provider aliyun --all --base-url https://pw.cn      texts to be filed
  parcelwatch render --all | less")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// A condition (stalled, delayed, ...), collection, recovered, corrected, choice or digest
    #[arg(long, value_parser = kind, required_unless_present = "all")]
    kind: Option<NoticeKind>,
    /// en, zh-CN or zh-TW
    #[arg(long, value_parser = locale)]
    locale: Option<Locale>,
    /// To whom: recipient, sender, merchant, hub_ops or customer_service
    #[arg(long, value_parser = audience)]
    audience: Option<Audience>,
    /// info, warn, major or critical; some words differ by it
    #[arg(long, value_parser = level, default_value = "warn")]
    level: Level,
    /// By which way
    #[arg(long)]
    channel: Option<Way>,
    /// The page of a mail instead of its text
    #[arg(long)]
    html: bool,
    /// Who carries texts; for aliyun the templates to be approved are shown
    #[arg(long, default_value = "twilio")]
    provider: Provider,
    /// Every kind
    #[arg(long, conflicts_with = "kind")]
    all: bool,
    /// Every shape of a kind too: without a new date, without facts, ...
    #[arg(long)]
    shapes: bool,
    /// A folder of files that replace ours of the same path; instead of notify.templates
    #[arg(long, value_name = "DIR")]
    templates: Option<String>,
    /// With what links begin
    #[arg(long, value_name = "URL", default_value = sample::BASE_URL)]
    base_url: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Sms,
    Email,
    Webhook,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Provider {
    Twilio,
    Aliyun,
}

fn kind(text: &str) -> Result<NoticeKind, String> {
    let names = || NoticeKind::all().map(NoticeKind::name).collect::<Vec<_>>().join(", ");
    NoticeKind::from_name(text).ok_or_else(|| format!("expected one of {}", names()))
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::exact(text).ok_or_else(|| format!("expected one of {}", Locale::ALL.map(Locale::name).join(", ")))
}

fn audience(text: &str) -> Result<Audience, String> {
    let found = Audience::ALL.into_iter().find(|audience| audience.name() == text);
    found.ok_or_else(|| format!("expected one of {}", Audience::ALL.map(Audience::name).join(", ")))
}

fn level(text: &str) -> Result<Level, String> {
    let found = sample::LEVELS.into_iter().find(|level| level.name() == text);
    found.ok_or_else(|| format!("expected one of {}", sample::LEVELS.map(Level::name).join(", ")))
}

/// Words what was asked for and prints it.
pub fn run(args: &Args) -> Outcome {
    let policy = args.settings.load()?.policy;
    let words = words::load(args.templates.as_ref().unwrap_or(&policy.notify.templates))?;
    let mut out = String::new();
    for locale in Locale::ALL.into_iter().filter(|locale| args.locale.is_none_or(|wanted| wanted == *locale)) {
        let mut world = sample::world(locale, &policy);
        world.words = words.clone();
        world.links = Some(Links::new(&args.base_url, LinkKey::new(*b"sample")).into());
        for kind in NoticeKind::all().filter(|kind| args.kind.is_none_or(|wanted| wanted == *kind)) {
            match args.provider {
                Provider::Aliyun => show_filings(&mut out, kind, locale, &world),
                Provider::Twilio => show_messages(&mut out, args, kind, locale, &world)?,
            }
        }
    }
    print(&out)
}

fn show_filings(out: &mut String, kind: NoticeKind, locale: Locale, world: &World) {
    for filing in filings(kind, locale, world) {
        let code = filing.code.as_deref().unwrap_or("no code in notify.sms_codes");
        let types: Vec<String> = filing.variables.iter().map(|(name, of)| format!("{name} = {of}")).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(out, "== {}: {code}", filing.name);
        let _ = writeln!(out, "to file:   {}\nvariables: {}", filing.text, types.join(", "));
        let _ = writeln!(out, "example:   {}\n           {} part(s)\n", filing.example, filing.parts);
    }
}

fn show_messages(out: &mut String, args: &Args, kind: NoticeKind, locale: Locale, world: &World) -> Outcome {
    // A hub is told in digests; everything else is worded for those who wait unless somebody else is named.
    let default = if kind == NoticeKind::Digest { Audience::HubOps } else { Audience::Recipient };
    let audience = args.audience.unwrap_or(default);
    let reader = sample::reader(locale, audience);
    let mut contents = sample::contents(kind, audience, args.level, locale);
    if !args.shapes {
        contents.truncate(1);
    }
    for (shape, content) in contents {
        for (way, channel) in [(Way::Sms, Channel::Sms), (Way::Email, Channel::Email), (Way::Webhook, Channel::Webhook)]
        {
            if args.channel.is_some_and(|wanted| wanted != way) || args.html && way != Way::Email {
                continue;
            }
            let route = sample::route(channel, SmsProvider::Twilio, reader);
            let Some(message) = message(&sample::id(), &content, &route, world) else {
                return Err(Failure::Failed(anyhow::anyhow!(
                    "{} cannot be worded for {} in {}; `parcelwatch lint` says why",
                    kind.name(),
                    audience.name(),
                    locale.name()
                )));
            };
            if !args.html {
                let names = [kind.name(), locale.name(), audience.name(), args.level.name(), channel.name(), &shape];
                let _ = writeln!(out, "== {}", names.join(" "));
            }
            show(out, &message, args.html);
        }
    }
    Ok(())
}

fn show(out: &mut String, message: &Message, html: bool) {
    let _ = match message {
        Message::Mail { html: page, .. } if html => writeln!(out, "{page}"),
        Message::Mail { subject, text, .. } => writeln!(out, "Subject: {subject}\n\n{text}"),
        Message::Json(json) => match serde_json::from_str::<serde_json::Value>(json) {
            Ok(value) => writeln!(out, "{value:#}\n"),
            Err(_) => writeln!(out, "{json}\n"),
        },
        Message::Text { text, .. } => {
            let counted = parts::count(text);
            let alphabet = match counted.alphabet {
                Alphabet::Gsm7 => "GSM-7",
                Alphabet::Ucs2 => "UCS-2",
            };
            writeln!(out, "{text}\n({} part(s), {} units of {alphabet})\n", counted.parts, counted.units)
        }
    };
}
