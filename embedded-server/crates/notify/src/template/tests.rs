use super::liquid::Makes;
use super::page::{in_words, is_page};
use super::run::{Values, judge, run};
use super::{Written, first_made, made, one_line};
use engine::TEMPLATES;
use serde_json::{Map, Value as Json, json};
use std::time::{Duration, Instant};

fn object(value: Json) -> Map<String, Json> {
    value.as_object().unwrap().clone()
}

fn told(template: &str, values: Json, makes: Makes) -> Result<String, String> {
    let mut given = Values::default();
    given.put_all(&object(values));
    let compiled = judge(template, makes).map_err(|fault| fault.to_string())?;
    run(&compiled, &given).map_err(|fault| fault.to_string())
}

fn page(template: &str, values: Json) -> String {
    told(template, values, Makes::Html).unwrap()
}

fn line(template: &str, values: Json) -> String {
    told(template, values, Makes::Text).unwrap()
}

fn refusal(template: &str) -> String {
    told(template, json!({}), Makes::Html).unwrap_err()
}

fn written(subject: &str, body: &str) -> Written {
    Written { subject: subject.to_owned(), body: body.to_owned() }
}

#[test]
fn a_value_is_escaped_wherever_it_stands() {
    let hostile = "<script>alert('1')</script>\" onclick=x &amp;";
    let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onclick=x &amp;amp;";
    let values = || json!({ "name": hostile, "all": [hostile], "deep": { "name": hostile } });
    for template in [
        "{{ name }}",
        "{{ deep.name }}",
        "{{ deep['name'] }}",
        "{{ all }}",
        "{{ all[0] }}",
        "{{ all | first }}",
        "{{ all | join: ', ' }}",
        "{{ name | escape }}",
        "{{ '' | append: name }}",
        "{% for one in all %}{{ one }}{% endfor %}",
        "{% assign one = name %}{{ one }}",
        "{% if name == 'x' %}{% else %}{{ name }}{% endif %}",
    ] {
        assert_eq!(page(template, values()), escaped, "{template}");
    }
    assert_eq!(
        page("<a href=\"{{ name }}\">", json!({ "name": "\"><b>" })),
        "<a href=\"&quot;&gt;&lt;b&gt;\">"
    );
    // Without quotes nothing is left that could be another attribute.
    for template in
        ["<p {{ name }}>", "<a href={{ name }}>", "<a {% if name %}title={{ name }}{% endif %}>"]
    {
        let made = page(template, json!({ "name": "x onclick=alert(1)>" }));
        let value = made.trim_start_matches("<p ").trim_start_matches("<a ");
        assert!(!value.contains([' ', '(']) && value.matches('>').count() == 1, "{made}");
        assert!(!made.contains("onclick="), "{made}");
    }
    // After a tag is closed, values are words again, also behind comments and quotes.
    assert_eq!(
        page("<!-- it's > --><p title='>'>{{ name }}", json!({ "name": "a b" })),
        "<!-- it's > --><p title='>'>a b"
    );
    // A filter makes no page of what is none.
    assert_eq!(page("{{ name | newline_to_br }}", json!({ "name": "<i>\n" })), "&lt;i&gt;<br />\n");
    assert_eq!(page("{{ name | escape | append: name }}", json!({ "name": "<" })), "&amp;lt;&lt;");
}

#[test]
fn liquid_reads_as_it_is_written() {
    let values = || {
        json!({
            "name": "ada lovelace", "nothing": "", "zero": 0, "no": false, "price": 12.5, "big": 1_234_567,
            "list": ["c", "a", "b"], "at": "2024-01-02T03:04:05.678Z", "day": "2024-02-29",
            "user": { "name": "Ada", "roles": ["x", "y"] }, "loop": "l", "not": "n", "is": "i",
        })
    };
    for (template, made) in [
        ("{{ name | capitalize | append: '!' }}", "Ada lovelace!"),
        ("{{ name | upcase | truncate: 6, '~' }}", "ADA L~"),
        ("{{name|replace: 'a', 'o' | remove_first: 'o'}}", "do loveloce"),
        (
            "{{ missing | default: 'you' }}/{{ nothing | default: \"you\" }}/{{ zero | default: 1 }}",
            "you/you/0",
        ),
        (
            "{{ price | times: 2 }} {{ price | plus: '0.5' }} {{ 7 | divided_by: 2 }} {{ 7 | modulo: 4 }}",
            "25 13 3.5 3",
        ),
        ("{{ 4.456 | round: 2 }} {{ -3 | abs }} {{ 1.2 | ceil }} {{ big }}", "4.46 3 2 1234567"),
        (
            "{{ list | sort | join: '-' }} {{ list.size }} {{ list.first }} {{ list.last }} {{ list[-1] }}",
            "a-b-c 3 c b b",
        ),
        ("{{ 'a,b' | split: ',' | reverse | join }}", "b a"),
        (
            "{{ at | date: '%d.%m.%Y %H:%M' }} {{ day | date: \"%B %e\" }} {{ 'soon' | date: '%Y' }}",
            "02.01.2024 03:04 February 29 soon",
        ),
        ("{{ 'a b&c' | url_encode }} {{ 'a+b%26c' | url_decode }}", "a+b%26c a b&c"),
        (
            "{{ user.name }} {{ user['name'] }} {{ user.roles[1] }} {{ user.none.none }}",
            "Ada Ada y ",
        ),
        ("{{ 'äöü' | slice: 1, 2 }} {{ 'äöü' | size }} {{ '  x ' | strip }}", "öü 3 x"),
        ("{{ loop }}{{ not }}{{ is }}", "lni"),
        // Nil and false are false, and nothing else is.
        (
            "{% if nothing %}1{% endif %}{% if zero %}2{% endif %}{% if no %}3{% endif %}{% if missing %}4{% endif %}",
            "12",
        ),
        (
            "{% if nothing == empty %}1{% endif %}{% if missing == nil %}2{% endif %}{% if nothing == blank %}3{% endif %}",
            "123",
        ),
        ("{% if price > 12 and price <= 12.5 %}1{% elsif name %}2{% else %}3{% endif %}", "1"),
        ("{% if price > 100 %}1{% elsif name contains 'love' %}2{% else %}3{% endif %}", "2"),
        (
            "{% if list contains 'a' %}1{% endif %}{% if list contains 'z' %}2{% endif %}{% if '1' == 1 %}3{% endif %}",
            "1",
        ),
        // From the right, as Liquid has it: true or (false and false).
        (
            "{% if true or false and false %}1{% endif %}{% if true and false or true %}2{% endif %}",
            "12",
        ),
        ("{% unless no %}1{% else %}2{% endunless %}{% if not no %}3{% endif %}", "13"),
        (
            "{% case name %} {% when 'x', 'y' %}1{% when 'ada lovelace' or 'z' %}2{% else %}3{% endcase %}",
            "2",
        ),
        (
            "{% for one in list %}{{ forloop.index }}{{ one }}{% unless forloop.last %},{% endunless %}{% endfor %}",
            "1c,2a,3b",
        ),
        ("{% for one in list limit: 2 offset: 1 reversed %}{{ one }}{% endfor %}", "ba"),
        (
            "{% for one in (1..3) %}{{ one }}{% endfor %}{% for one in none %}x{% else %}-{% endfor %}",
            "123-",
        ),
        ("{% for pair in user %}{{ pair[0] }};{% endfor %}", "name;roles;"),
        ("{% assign hi = name | split: ' ' | first %}{{ hi }}", "ada"),
        ("a  {%- if name -%}  b  {%- endif -%}  c {{- 'd' -}} e", "abcde"),
        ("{% comment %}{{ broken {% if %}{% endcomment %}x{% # a word %}", "x"),
        ("{% raw %}{{ name }}{% endraw %} {# {{ '{{' }} %} }}", "{{ name }} {# {{ %} }}"),
        ("{ { %} } }}", "{ { %} } }}"),
    ] {
        assert_eq!(line(template, values()), made, "{template}");
    }
}

#[test]
fn what_is_no_liquid_of_a_mail_is_refused_with_its_line() {
    for (template, why) in [
        ("a\n{{ name", "line 2: `{{` is not closed by `}}`"),
        ("{% if name %}\n\nx", "line 1: `if` is not closed"),
        ("{% if a %}\n{% endfor %}", "line 2: `endfor` closes no `if`, which was opened in line 1"),
        ("{% endif %}", "line 1: `endif` closes nothing"),
        ("{% else %}", "line 1: `else` stands in no block that has one"),
        (
            "{% if a %}{% else %}{% elsif b %}{% endif %}",
            "line 1: `elsif` stands in no block that has one",
        ),
        ("\n\n{{ name | loud }}", "line 3: there is no filter `loud`"),
        ("{{ name | safe }}", "line 1: there is no filter `safe`"),
        ("{{ name | raw }}", "line 1: there is no filter `raw`"),
        ("{{ name | _get: 'x' }}", "line 1: there is no filter `_get`"),
        ("{{ name | replace: 'a' }}", "line 1: `replace` takes 2 arguments, not 1"),
        (
            "{{ name | default: 'a', allow_false: true }}",
            "line 1: arguments have no names in a mail",
        ),
        ("{{ }}", "line 1: a value is missing at the end"),
        ("{{ a b }}", "line 1: `b` is too much here"),
        ("{{ a() }}", "line 1: `(` is too much here"),
        ("{{ a * 9 }}", "line 1: `*` means nothing here"),
        ("{{ a ~ a }}", "line 1: `~` means nothing here"),
        ("{{ 'a }}", "line 1: `{{` is not closed by `}}`"),
        ("{% if a = b %}{% endif %}", "line 1: `=` is too much here"),
        ("{% assign a %}", "line 1: `=` is missing at the end"),
        (
            "{% for a in b %}{% assign c = a %}{% endfor %}",
            "line 1: nothing is assigned within a loop",
        ),
        ("{{ forloop.index }}", "line 1: `forloop` is known within a loop"),
        ("{% case a %}x{{ b }}{% when 1 %}{% endcase %}", "line 1: `when` is missing before it"),
        ("{% comment %}x", "line 1: `comment` is not closed"),
    ] {
        assert_eq!(refusal(template), why, "{template}");
    }
    // What reads files, calls itself, or is of another language.
    for tag in [
        "include 'x'",
        "render 'x'",
        "layout 'x'",
        "block x",
        "capture x",
        "cycle 1, 2",
        "tablerow a in b",
        "increment a",
        "liquid",
        "macro x()",
        "call x()",
        "set x = 1",
        "import 'x' as y",
        "extends 'x'",
        "do x",
        "with x = 1",
        "filter upper",
        "autoescape false",
        "break",
        "continue",
        "echo a",
    ] {
        let name = tag.split(' ').next().unwrap();
        let why = format!("line 1: there is no tag `{name}` in a mail");
        let told = refusal(&format!("{{% {tag} %}}"));
        assert!(told.starts_with(&why), "{tag}: {told}");
    }
}

#[test]
fn what_a_template_asks_for_is_known() {
    let asked = |template: &str| {
        let names = judge(template, Makes::Html).unwrap().names;
        names.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(asked("{{ a.x }}{% if b %}{{ 'c' | append: d }}{% endif %}{{ e[f] }}"), "a b d e f");
    assert_eq!(
        asked("{% for a in b limit: c %}{{ a }}{{ forloop.index }}{% else %}{{ d }}{% endfor %}"),
        "b c d"
    );
    assert_eq!(asked("{% assign a = b %}{{ a }}{% comment %}{{ c }}{% endcomment %}"), "b");
    assert_eq!(asked("{% for a in b %}{% endfor %}{{ a }}"), "a b");
}

/// The work of a template is bounded, however it is written: it ends soon, and with a reason.
#[test]
fn a_loop_without_end_is_ended() {
    let long = "x".repeat(1_000);
    let list: Vec<usize> = (0..1_000).collect();
    let nested = |inner: &str| {
        let open = "{% for a in list %}{% for b in list %}{% for c in list %}";
        format!("{open}{inner}{}", "{% endfor %}".repeat(3))
    };
    let doubled = format!(
        "{{% assign a = long %}}{}{{{{ a }}}}",
        "{% assign a = a | append: a %}".repeat(60)
    );
    let blown = format!(
        "{{% assign a = long %}}{}{{{{ a | size }}}}",
        "{% assign a = a | replace: 'x', a %}".repeat(8)
    );
    let joined = "{% assign a = list | join: long %}".repeat(40) + "{{ a }}";
    let shared = |then: &str| {
        let grow = "{% assign a = a | concat: a %}".repeat(13);
        format!(
            "{{% assign b = long | append: long | append: long %}}{{% assign a = b | split: '~' %}}{grow}{then}"
        )
    };
    let cases = [
        (shared("{{ a }}"), "it"),
        (shared("{{ a | join }}"), "it"),
        (shared("{{ a | sort | sort | size }}"), "too much work"),
        (shared("{% if a contains b %}x{% endif %}{% if a == a %}y{% endif %}"), "too much work"),
        (shared("{% for one in a %}{% if one == b %}x{% endif %}{% endfor %}"), "it"),
        (nested(""), "too much work"),
        (nested("{{ a }}"), "too much work"),
        (nested("{{ long }}"), "it"),
        (nested("{{ long | upcase | downcase | replace: 'x', 'yy' }}"), "too much work"),
        (nested("{% if a == 1 and b == 2 %}x{% endif %}"), "too much work"),
        (doubled, "more than"),
        (blown, "more than"),
        (joined, "more than"),
        (
            String::from("{% for a in (1..999999999) %}{{ a }}{% endfor %}"),
            "more than 1000 numbers",
        ),
        (format!("{{{{ long | split: '' | join: '{long}' | split: '' | size }}}}"), "more than"),
    ];
    for (template, why) in cases {
        let began = Instant::now();
        let told = told(&template, json!({ "long": long, "list": list }), Makes::Html).unwrap_err();
        assert!(told.contains(why), "{told}: {}", &template[..80]);
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}: {}",
            began.elapsed(),
            &template[..80]
        );
    }
}

#[test]
fn nesting_lengths_and_chains_are_bounded() {
    let blocks = |count: usize| "{% if a %}".repeat(count) + &"{% endif %}".repeat(count);
    assert_eq!(told(&blocks(16), json!({}), Makes::Html).unwrap(), "");
    for template in [
        blocks(17),
        blocks(5_000),
        "{% for a in b %}".repeat(5_000),
        format!("{{{{ a{} }}}}", ".a".repeat(50_000)),
        format!("{{{{ a{} }}}}", "[a".repeat(50_000)),
        format!("{{{{ a{} }}}}", "[0]".repeat(50_000)),
        format!("{{{{ a{} }}}}", " | strip".repeat(20_000)),
        format!("{{% if a{} %}}{{% endif %}}", " and a".repeat(20_000)),
        format!("{{% if {}a %}}{{% endif %}}", "not ".repeat(20_000)),
        format!("{{{{ {}1..2{} }}}}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{{% if a %}}{}{{% endif %}}", "{% elsif b %}".repeat(10_000)),
        format!("{{% case a %}}{{% when {}1 %}}{{% endcase %}}", "1, ".repeat(20_000)),
        format!("{{{{ 'a' | append: {}1 }}}}", "1, ".repeat(20_000)),
        "{{ a".repeat(50_000),
        "{% comment %}".repeat(15_000),
        "x".repeat(300 * 1024),
    ] {
        let began = Instant::now();
        let told = refusal(&template);
        assert!(!told.is_empty() && told.len() < 300, "{told}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}: {}",
            began.elapsed(),
            &template[..40]
        );
    }
    // Blocks in branches, as deep as both go.
    let mut deep = String::from("x");
    for _ in 0..16 {
        deep = format!("{{% if a %}}{}{deep}{{% endif %}}", "{% elsif b %}y".repeat(31));
    }
    let deep = judge(&deep, Makes::Html);
    assert!(deep.is_ok() || deep.unwrap_err().why.contains("too deep"));
}

#[test]
fn a_page_and_a_line_are_no_longer_than_they_may_be() {
    let long = "x".repeat(100 * 1024);
    let fault = told(&"{{ a }}".repeat(20), json!({ "a": long }), Makes::Html).unwrap_err();
    assert_eq!(fault, "it makes more than 1048576 bytes");
    let mail = written("{{ a }}", "{{ a }}");
    let made = made(&mail, &Map::new(), &object(json!({ "a": long }))).unwrap();
    assert_eq!(made.subject.len(), 500);
}

#[test]
fn a_subject_holds_no_line_break() {
    let name = "Ada\r\nBcc: all@example.com\u{2028}x\u{85}y\0z\t";
    let mail = written("Hello {{ name }} & <you>\r\n", "x");
    let made = made(&mail, &Map::new(), &object(json!({ "name": name }))).unwrap();
    assert_eq!(made.subject, "Hello Ada Bcc: all@example.com x y z & <you>");
    assert_eq!(one_line(" \n "), "");
}

#[test]
fn a_body_that_is_no_page_is_put_in_one() {
    let settings = object(json!({
        "project_name": "Lines & Co", "project_color": "#123456", "project_url": "https://x.example/",
        "email_icon_Id": "i", "email_signature": "<b>Lines</b>", "language": "de",
    }));
    let mail = written("{{ project_name }}", "<p>{{ name }}</p>{{ email_signature }}");
    let full = made(&mail, &settings, &object(json!({ "name": "<i>" }))).unwrap();
    assert_eq!(full.subject, "Lines & Co");
    for part in [
        "<p>&lt;i&gt;</p><b>Lines</b>",
        "<title>Lines &amp; Co</title>",
        "solid #123456",
        "<html lang=\"de\">",
        "<img src=\"https://x.example/assets/i\" alt=\"Lines &amp; Co\"",
    ] {
        assert!(full.html.contains(part), "{part}: {}", full.html);
    }
    assert_eq!(full.text, "Lines & Co\n\n<i>\n\nLines");
    // A colour that is none writes no style, and no mail says who made the server.
    let odd = object(
        json!({ "project_color": "red;background:url(x)", "language": "\"><x", "logo_url": "x" }),
    );
    let bare = made(&mail, &odd, &object(json!({ "logo_url": "https://else.example" }))).unwrap();
    assert!(
        bare.html.contains("solid #52525b") && bare.html.contains("lang=\"en\""),
        "{}",
        bare.html
    );
    assert!(!bare.html.contains("<img") && !bare.html.contains("url("), "{}", bare.html);
    // A page stays as it is.
    let whole = written("x", "<HTML><body class=x>{{ name }}</body></HTML>");
    let whole = made(&whole, &settings, &object(json!({ "name": "y" }))).unwrap();
    assert_eq!(
        (whole.html.as_str(), whole.text.as_str()),
        ("<HTML><body class=x>y</body></HTML>", "y")
    );
    assert!(is_page("<body>") && !is_page("<bodyguard>") && !is_page("a < body"));
}

#[test]
fn a_text_that_cannot_be_run_is_passed_over_for_the_next() {
    let settings = Map::new();
    let told = |candidates| {
        first_made("welcome", candidates, &settings, &Map::new()).map(|mail| mail.subject)
    };
    let heavy = "{% for a in (1..1000) %}{% for b in (1..1000) %}{{ b }}{% endfor %}{% endfor %}";
    for broken in [written("{{", "x"), written("x", "{% if %}"), written("x", heavy)] {
        assert_eq!(told(vec![broken, written("Ours", "x")]).unwrap(), "Ours");
    }
    assert_eq!(told(vec![written("One", "x"), written("Two", "x")]).unwrap(), "One");
    let fault = told(vec![written("{{", "x")]).unwrap_err();
    assert_eq!(fault.message(), "Validation failed: subject: line 1: `{{` is not closed by `}}`");
    assert_eq!(told(Vec::new()).unwrap_err().code(), base::Code::NotFound);
}

/// What a value says of itself is no text of the house's: a signature is the project's alone.
#[test]
fn nothing_that_is_given_takes_the_place_of_what_every_mail_knows() {
    let settings = object(json!({ "project_name": "Ours", "email_signature": null }));
    let given = object(
        json!({ "email_signature": "<b>", "project_name": "Theirs", "content": "<i>", "c": ["x"] }),
    );
    let mail = written("{{ project_name }}", "{{ email_signature }}{{ c }}{{ content }}");
    let made = made(&mail, &settings, &given).unwrap();
    assert_eq!((made.subject.as_str(), made.text.as_str()), ("Ours", "x<i>"));
}

#[test]
fn a_page_is_told_in_words() {
    for (page, words) in [
        ("<p>Hello&nbsp;you,</p>\n<p>one <b>two</b><br>three</p>", "Hello you,\n\none two\nthree"),
        (
            "<a href=\"https://x.example/?a=1&amp;b=2\">Open</a>",
            "Open (https://x.example/?a=1&b=2)",
        ),
        (
            "<a href='https://x.example'>https://x.example</a> <a href=mailto:a@x.example>a@x.example</a>",
            "https://x.example a@x.example",
        ),
        ("<head><title>no</title></head><style>p > a { }</style><!-- no --><p>yes", "yes"),
        (
            "<ul><li>a</li><li>b</li></ul><table><tr><td>1</td><td>2</td></tr></table>",
            "- a\n- b\n\n1 2",
        ),
        (
            "1 < 2 &lt;p&gt; &#65;&#x42; &unknown; & <img alt=\"A > B\" src=x>",
            "1 < 2 <p> AB &unknown; & A > B",
        ),
        ("&#10;&#0;&#27;[2J <a href=\"#x\">here</a></a>", "\u{fffd}\u{fffd}[2J here"),
        ("<a href=\"x", ""),
    ] {
        assert_eq!(in_words(page), words, "{page}");
    }
    for hostile in [
        "<".repeat(200_000),
        "<a href='x'>".repeat(50_000),
        "<style>".repeat(50_000),
        "&".repeat(500_000),
        "<!--".repeat(100_000),
    ] {
        let began = Instant::now();
        in_words(&hostile);
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}: {}",
            began.elapsed(),
            &hostile[..8]
        );
    }
}

#[test]
fn every_mail_of_the_house_says_what_it_is_told_and_asks_for_nothing_else() {
    for template in &TEMPLATES {
        let mail = written(template.subject, template.body);
        let variables: Map<String, Json> = template
            .variables
            .iter()
            .map(|name| ((*name).to_owned(), json!(format!("<{name}>"))))
            .collect();
        let settings = object(json!({ "project_name": "Ours", "email_signature": "Yours" }));
        let rendered = made(&mail, &settings, &variables).unwrap();
        assert!(
            !rendered.html.contains("{{") && !rendered.html.contains("{%"),
            "{}",
            rendered.html
        );
        assert!(rendered.text.ends_with("Yours"), "{}", rendered.text);
        let mut asked = judge(template.subject, Makes::Text).unwrap().names;
        asked.extend(judge(template.body, Makes::Html).unwrap().names);
        for name in &asked {
            let known = template.variables.contains(&name.as_str());
            assert!(
                known || crate::default::COMMON.contains(&name.as_str()),
                "{}: {name}",
                template.kind
            );
        }
        // A time that is told is the one that holds.
        for name in ["expiresAt", "expirationDate"] {
            if template.variables.contains(&name) {
                assert!(
                    rendered.text.contains(&format!("<{name}>")),
                    "{}: {}",
                    template.kind,
                    rendered.text
                );
            }
        }
    }
}
