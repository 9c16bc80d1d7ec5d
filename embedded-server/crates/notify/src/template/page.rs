//! Pages of mails: where in one a value stands, what is escaped there, and what a page says in words.

/// Where in a page a template has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Spot {
    #[default]
    Text,
    /// Within a tag, outside of quotes.
    Tag,
    Quoted(char),
    Comment,
}

impl Spot {
    /// Whether a value here could become attributes by holding blanks.
    pub(super) fn is_bare(self) -> bool {
        self == Self::Tag
    }

    /// Goes on by this text.
    pub(super) fn pass(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let until = match self {
                Self::Text => rest.find('<'),
                Self::Tag => rest.find(['>', '"', '\'']),
                Self::Quoted(quote) => rest.find(*quote),
                Self::Comment => rest.find("-->"),
            };
            let Some(at) = until else { return };
            let found = &rest[at..];
            let sign = found.chars().next().unwrap_or_default();
            *self = match self {
                Self::Text if found.starts_with("<!--") => Self::Comment,
                Self::Text if opens_tag(found) => Self::Tag,
                Self::Tag if sign != '>' => Self::Quoted(sign),
                Self::Quoted(_) => Self::Tag,
                Self::Text | Self::Tag | Self::Comment => Self::Text,
            };
            rest = &found[1..];
        }
    }
}

/// Whether a `<` begins a tag. One at the very end does: what follows it is a value.
fn opens_tag(text: &str) -> bool {
    let next = text[1..].chars().next();
    next.is_none_or(|sign| sign.is_ascii_alphabetic() || matches!(sign, '/' | '!' | '?'))
}

/// Text as it stands in a page, also between quotes.
pub(super) fn escape(text: &str) -> String {
    escaped(text, |_| false)
}

/// Text as it stands in a tag without quotes: nothing but letters and digits of it is left to mean
/// anything there.
pub(super) fn escape_bare(text: &str) -> String {
    escaped(text, |sign| sign.is_ascii() && !sign.is_ascii_alphanumeric())
}

fn escaped(text: &str, more: impl Fn(char) -> bool) -> String {
    let mut page = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            sign if more(sign) => page.push_str(&format!("&#{};", u32::from(sign))),
            sign => page.push(sign),
        }
    }
    page
}

/// Whether a template is a page of its own, which no layout is put around.
pub(super) fn is_page(template: &str) -> bool {
    let small = template.to_ascii_lowercase();
    ["<html", "<body"].iter().any(|tag| {
        small.match_indices(tag).any(|(at, _)| {
            let next = small[at + tag.len()..].chars().next();
            next.is_none_or(|sign| !sign.is_ascii_alphanumeric() && sign != '-')
        })
    })
}

/// What a page says, for whoever reads no pages: lines and blank lines where the page has blocks, and
/// the address of a link behind its words.
pub(super) fn in_words(page: &str) -> String {
    let mut words = Spoken::default();
    let (mut rest, mut links) = (page, Vec::new());
    while let Some(at) = rest.find('<') {
        words.say(&unescaped(&rest[..at]));
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !opens_tag(rest) || rest.len() == 1 {
            words.say("<");
            rest = &rest[1..];
            continue;
        }
        let end = end_of_tag(rest);
        let (tag, after) = rest.split_at(end);
        rest = after;
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        let closes = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let length = inner.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let name = inner[..length].to_ascii_lowercase();
        match (name.as_str(), closes) {
            ("head" | "style" | "script" | "title", false) => rest = behind(rest, &name),
            ("br", _) => words.line(1),
            ("p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "hr", _) => {
                words.line(2);
            }
            ("div" | "tr" | "li" | "section" | "header" | "footer", _) => {
                words.line(1);
                if name == "li" && !closes {
                    words.say("- ");
                }
            }
            ("td" | "th", true) => words.say(" "),
            ("img", _) => words.say(&attribute(inner, "alt").unwrap_or_default()),
            ("a", false) => links.push((attribute(inner, "href"), words.text.len())),
            ("a", true) => {
                if let Some((Some(address), from)) = links.pop() {
                    let said = words.text.get(from..).unwrap_or_default().trim();
                    if !address.starts_with('#') && said != address && !address.is_empty() {
                        let address =
                            address.strip_prefix("mailto:").unwrap_or(&address).to_owned();
                        if said != address {
                            words.say(&format!(" ({address})"));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    words.say(&unescaped(rest));
    words.text.truncate(words.text.trim_end().len());
    words.text
}

/// Where a tag ends, its last sign included; a `>` between quotes is no end.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), sign) if open == sign => quote = None,
            (None, '>') => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What follows the end of an element, of which nothing is said.
fn behind<'p>(page: &'p str, name: &str) -> &'p str {
    let mut from = 0;
    while let Some(at) = page[from..].find("</").map(|at| from + at + 2) {
        let is_it = page.get(at..at + name.len()).is_some_and(|one| one.eq_ignore_ascii_case(name));
        if is_it {
            return page[at..].find('>').map_or("", |end| &page[at + end + 1..]);
        }
        from = at;
    }
    ""
}

/// The value of an attribute between quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let at = rest.find('=')?;
        let (before, after) = (rest[..at].trim_end(), rest[at + 1..].trim_start());
        let quote = after.chars().next()?;
        let (value, next) = if matches!(quote, '"' | '\'') {
            let end = after[1..].find(quote)?;
            (&after[1..=end], &after[end + 2..])
        } else {
            after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()))
        };
        let named = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        if named.eq_ignore_ascii_case(name) {
            return Some(unescaped(value));
        }
        rest = next;
    }
}

const ENTITIES: [(&str, &str); 9] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("mdash", "—"),
    ("ndash", "–"),
    ("copy", "©"),
];

/// Longest name of a sign, between `&` and `;`.
const ENTITY_MAX: usize = 8;

pub(super) fn unescaped(page: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(page.len()), page);
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(ENTITY_MAX + 1).position(|sign| sign == b';');
        let known = end.and_then(|end| sign_of(&rest[..end]).map(|sign| (sign, end)));
        match known {
            Some((sign, end)) => {
                text.push_str(&sign);
                rest = &rest[end + 1..];
            }
            None => text.push('&'),
        }
    }
    text.push_str(rest);
    text
}

fn sign_of(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = match hex {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        let sign = char::from_u32(code)?;
        // Blanks of any kind are said; what would steer a terminal is not.
        let said = if sign.is_control() && !sign.is_whitespace() { '\u{fffd}' } else { sign };
        return Some(said.to_string());
    }
    ENTITIES.iter().find(|(one, _)| *one == name).map(|(_, sign)| (*sign).to_owned())
}

/// Words with single blanks between them and at most one empty line.
#[derive(Default)]
struct Spoken {
    text: String,
    /// Breaks of lines before the next word.
    breaks: usize,
    blank: bool,
}

impl Spoken {
    fn line(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    fn say(&mut self, words: &str) {
        for sign in words.chars() {
            if sign.is_whitespace() {
                self.blank = true;
                continue;
            }
            if self.breaks > 0 {
                if !self.text.is_empty() {
                    self.text.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
                }
            } else if self.blank && !self.text.is_empty() {
                self.text.push(' ');
            }
            self.breaks = 0;
            self.blank = false;
            self.text.push(sign);
        }
    }
}
