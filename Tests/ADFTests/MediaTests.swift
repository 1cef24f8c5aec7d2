import ADF
import Testing

@Suite struct MediaTests {
    @Test("Images, players and fields show what they can", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case(#"<img src="https://i.example/p.png">"#, "mediaSingle[media(url: https://i.example/p.png)]"),
    Case(
        #"<img src="http://i.example/p.png" alt=" a  b " width="10" height="20px">"#,
        "mediaSingle[media(alt: a b, height: 20, url: http://i.example/p.png, width: 10)]"
    ),
    Case(
        #"<img src="https://i.example/p.png" width="0" height="50%">"#,
        "mediaSingle[media(url: https://i.example/p.png)]"
    ),
    Case(
        #"<p>a<img src="https://i.example/p.png">b</p>"#,
        #"paragraph["a"], mediaSingle[media(url: https://i.example/p.png)], paragraph["b"]"#
    ),
    Case(
        #"<p>a<br><img src="https://i.example/p.png"><br>b</p>"#,
        #"paragraph["a"], mediaSingle[media(url: https://i.example/p.png)], paragraph["b"]"#
    ),
    Case(
        #"<a href="https://e.example"><img src="https://i.example/p.png"></a>"#,
        "mediaSingle[media(url: https://i.example/p.png)~link(href: https://e.example)]"
    ),
    Case(#"<img src="data:image/png;base64,AA" alt="x">"#, #"paragraph["[image: x]"]"#),
    Case(#"<img src="data:image/png;base64,AA">"#, #"paragraph["[image]"]"#),
    Case(#"<p>a<img src="cid:1" alt="b">c</p>"#, #"paragraph["a [image: b] c"]"#),
    Case(
        #"<img src="/a.png"><img src="//h/a.png"><img src="blob:x"><img src="file:///x">"#,
        #"paragraph["[image] [image] [image] [image]"]"#
    ),
    Case(#"<img><img src=""><img alt="a">"#, #"paragraph["[image: a]"]"#),
    Case(
        #"<a href="https://e.example"><img src="x.png" alt="y"></a>"#,
        #"paragraph["[image: y]"~link(href: https://e.example)]"#
    ),
    Case(#"<g-emoji alias="tada">🎉</g-emoji>"#, #"paragraph["🎉"]"#),
    Case(#"a<img class="emoji" src="https://i.example/e.png" alt="🎉">b"#, #"paragraph["a🎉b"]"#),
    Case(#"<img class="emoticon" src="/e.png" alt="(smile)">"#, #"paragraph["(smile)"]"#),
    Case(
        #"<picture><source srcset="x"><img src="https://i.example/p.png"></picture>"#,
        "mediaSingle[media(url: https://i.example/p.png)]"
    ),
    Case(
        #"<p>a<i><img src="https://i.example/p.png">b</i></p>"#,
        #"paragraph["a"], mediaSingle[media(url: https://i.example/p.png)], paragraph["b"~em]"#
    ),
    Case(
        #"<iframe src="https://v.example/1" title="V">x</iframe>"#,
        #"paragraph["V"~link(href: https://v.example/1)]"#
    ),
    Case(
        #"<iframe src="https://v.example/1"></iframe>"#,
        #"paragraph["https://v.example/1"~link(href: https://v.example/1)]"#
    ),
    Case(#"<iframe src="javascript:a"></iframe>b"#, #"paragraph["b"]"#),
    Case(
        #"<video controls><source src="https://v.example/v.mp4">no video</video>"#,
        #"paragraph["https://v.example/v.mp4"~link(href: https://v.example/v.mp4)]"#
    ),
    Case(
        #"<audio src="https://v.example/a.mp3"></audio>"#,
        #"paragraph["https://v.example/a.mp3"~link(href: https://v.example/a.mp3)]"#
    ),
    Case(
        #"<object data="https://v.example/o">a</object>"#,
        #"paragraph["https://v.example/o"~link(href: https://v.example/o)], paragraph["a"]"#
    ),
    Case(#"<embed src="//v.example/e">"#, #"paragraph["https://v.example/e"~link(href: https://v.example/e)]"#),
    Case(
        #"<figure class="media"><oembed url="https://v.example/o"></oembed></figure>"#,
        #"paragraph["https://v.example/o"~link(href: https://v.example/o)]"#
    ),
    Case(
        #"<p>a<iframe src="https://v.example/1"></iframe>b</p>"#,
        #"paragraph["a"], paragraph["https://v.example/1"~link(href: https://v.example/1)], paragraph["b"]"#
    ),
    Case("<svg><title>t</title><text>a</text><text>b</text></svg>", #"paragraph["a b"]"#),
    Case("<math><mi>x</mi><mo>=</mo><mn>1</mn><annotation>q</annotation></math>", #"paragraph["x=1"]"#),
    Case("<canvas>a</canvas>", #"paragraph["a"]"#),
    Case(
        #"<span class="katex"><span class="katex-mathml"><math><mi>x</mi></math></span><span class="katex-html">x</span></span>"#,
        #"paragraph["x"]"#
    ),
    Case(
        #"<svg><a href="https://e.example"><text>a</text></a></svg>"#,
        #"paragraph["a"~link(href: https://e.example)]"#
    ),
    Case("<button>a</button><label>b</label>", #"paragraph["ab"]"#),
    Case("<select><option>a<option selected>b</select>", #"paragraph["b"]"#),
    Case("<select><option>a<option>b</select>", #"paragraph["a"]"#),
    Case("<select multiple><option>a<option>b</select>", #"paragraph["a b"]"#),
    Case("<textarea>a\nb</textarea>", #"paragraph["a", hardBreak, "b"]"#),
    Case(#"<input value="a"><input type="hidden" value="b"><input type="password" value="c">d"#, #"paragraph["a d"]"#),
]
