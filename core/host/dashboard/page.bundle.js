var ce,Ss,Wc,en,zl,Vr,Ms,Fr,Ts,Fl,Rl,Uc,pr=Symbol.for("pv"),Hr={},Br=[],Gc=/^m(i|n|o|s|text|space)$/,Nl=Array.isArray,Es=Br.slice,wn=Object.assign;function xn(e){e&&e.parentNode&&e.remove()}function Nr(e,t,n,r,l){var i={type:e,props:t,key:n,ref:r,__k:null,__:null,__b:0,__e:null,__c:null,constructor:pr,__v:l||++Ss,__i:-1,__u:0};return!l&&ce.vnode&&ce.vnode(i),i}function de(e){return e.children}function Ir(e,t){this.props=e,this.context=t,this.__g=0}function tn(e,t){if(t==null)return e.__&&tn(e.__,e.__i+1);for(var n;t<e.__k.length;t++)if((n=e.__k[t])&&n.__e)return n.__e;return typeof e.type!="function"||e.props.__P?null:tn(e)}function qc(e){var t,n=e.__v,r=n.__e,l=[],i=[],o=e.__P;o&&((t=wn({constructor:pr},n)).__v=n.__v+1,ce.vnode&&ce.vnode(t),Il(o,t,n,e.__n,o.namespaceURI,32&n.__u?[r]:null,l,r||tn(n),32&n.__u,i),t.__v=n.__v,t.__.__k[t.__i]=t,Ds(l,t,i),n.__=n.__e=null,t.__e!=r&&As(t))}function As(e){if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(t){return t&&(e.__e=t.__e)}),As(e)}function bs(e){(8&e.__g||(e.__g|=8,en.push(e),Vr++))&&zl==ce.debounceRendering||((zl=ce.debounceRendering)||queueMicrotask)($s)}function $s(){try{for(var e,t=1;en.length;)en.length>t&&en.sort(Ms),e=en.shift(),t=en.length,8&e.__g&&qc(e)}finally{(Vr=en.length)&&(zl||queueMicrotask)($s)}}function Ps(e,t,n,r,l,i,o,a,d,f,g){var m,x,_,y,k,T,E=r.__k||Br,b=t.length;for(d=Yc(n,t,E,d,b),m=0;m<b;m++)(_=n.__k[m])!=null&&(x=~_.__i&&E[_.__i]||Hr,_.__i=m,T=Il(e,_,x,l,i,o,a,d,f,g),y=_.__e,(x.ref!=_.ref||8&x.__u)&&(x.ref&&jl(x.ref,null,_,x),_.ref&&g.push(_.ref,_.__c||y,_)),k=k||y,4&_.__u?(d=Ls(_,d,e,!x.__v),x.__e&&(x.__e=null)):typeof _.type=="function"&&T!==void 0?d=T:y&&(d=y.nextSibling),_.__u&=-21);return n.__e=k,d}function Yc(e,t,n,r,l){var i,o,a,d,f,g,m,x,_,y=n.length,k=y,T=0,E=0,b=e.__k=Array(l);for(i=0;i<l;i++)(o=t[i])!=null&&typeof o!="boolean"&&typeof o!="function"?(typeof o!="object"||o.constructor===String?o=b[i]=Nr(null,o):Nl(o)?o=b[i]=Nr(de,{children:o}):o.constructor===pr&&o.__b?o=b[i]=Nr(o.type,o.props,o.key,o.ref,o.__v):b[i]=o,d=i+T,o.__=e,o.__b=e.__b+1,a=null,~(f=o.__i=Kc(o,n,d,k))&&(k--,(a=n[f])&&(a.__u|=2)),a&&a.__v?(o.__u|=16,f==d-1?T--:f==d+1?T++:f!=d&&(f>d?T--:T++,E=1)):(~f||(l>y?T--:l<y&&T++),typeof o.type!="function"&&(o.__u|=4))):b[i]=null;if(E){for(g=[],m=[],i=0;i<l;i++)if((o=b[i])&&16&o.__u){for(T=0,x=g.length;T<x;)g[_=T+x>>1]<o.__i?T=_+1:x=_;g[T]=o.__i,m[i]=T+1}for(T=g.length;i--;)m[i]&&(m[i]==T?T--:b[i].__u|=4)}if(k)for(i=0;i<y;i++)!(a=n[i])||2&a.__u||(a.__e==r&&(r=tn(a)),Vl(a,a));return r}function Ls(e,t,n,r){var l,i,o,a;if(typeof e.type=="function"){if(e.props.__P)return t;if(l=e.__k)for(i=0;i<l.length;i++)l[i]&&(l[i].__=e,t=Ls(l[i],t,n,!1));return t}for(t&&!t.parentNode&&(t=tn(e))&&!t.parentNode&&(t=null),o=e.__e,a=t;a&&a.nodeType==8;)a=a.nextSibling;for(o!=a&&(!r&&n.moveBefore&&o.parentNode?n.moveBefore(o,t):n.insertBefore(o,t||null)),t=o;(t=t&&t.nextSibling)&&t.nodeType==8&&!t.data.startsWith("$s"););return t}function Kc(e,t,n,r){var l,i=e.key,o=e.type,a=t[n],d=a&&!(2&a.__u);if(a===null&&i==null||d&&i==a.key&&o==a.type)return n;if(r>(d?1:0)){for(l=n-1;l>=0;l--)if((a=t[l])&&!(2&a.__u)&&i==a.key&&o==a.type)return l;for(l=n+1;l<t.length;l++)if((a=t[l])&&!(2&a.__u)&&i==a.key&&o==a.type)return l}return-1}function ks(e,t,n){n==null&&(n=""),t[0]=="-"?e.setProperty(t,n):e[t]=n}function Rr(e,t,n,r,l){var i,o;if(t=="style")if(typeof n=="string")e.style.cssText=n;else{if(typeof r=="string"&&(e.style.cssText=r=""),r)for(t in r)n&&t in n||ks(e.style,t);if(n)for(t in n)r&&n[t]==r[t]||ks(e.style,t,n[t])}else if(t[0]=="o"&&t[1]=="n")typeof n!="function"&&(n=null),typeof r!="function"&&(r=null),(e.__e||(e.__e={}))[t]=n,n&&r||(o=Rl[t]||(Rl[t]=Zc(t)),(e.__a||(e.__a={}))[t]=Fl,i=t!=(t=t.replace(Ts,"$1")),(t=t.slice(2))[0]<"a"&&(t=t.toLowerCase()),n?e.addEventListener(t,o,i):e.removeEventListener(t,o,i));else{if(l=="http://www.w3.org/2000/svg")t=t.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(t!="width"&&t!="height"&&t!="href"&&t!="list"&&t!="form"&&t!="tabIndex"&&t!="download"&&t!="rowSpan"&&t!="colSpan"&&t!="role"&&t!="popover"&&t in e)try{return void(e[t]=n??"")}catch{}if(typeof n=="function")return;n==null||n===!1&&t[4]!="-"?e.removeAttribute(t):e.setAttribute(t,t=="popover"&&n==1?"":n)}}function Zc(e){return function(t){var n=this.__e;if(n){if(n=n[e],t[Fr]==null)t[Fr]=Fl++;else if(t[Fr]<this.__a[e])return;return n(ce.event?ce.event(t):t)}}}function Il(e,t,n,r,l,i,o,a,d,f){var g,m,x,_,y,k,T,E,b,P,S,D,C,q,B,Z,W,L,U=t.type;if(t.constructor!==pr)return null;128&n.__u&&(d=32&n.__u,g=n.__c.__z)&&(t.__u|=d,m=i=[],g.nodeType==8?a=jr(g,i):i.push(g),a=i[0]||a),(g=ce.__b)&&g(t);e:if(typeof U=="function"){x=o.length;try{if(E=t.props,b=(g=U.prototype)&&g.render,P=(g=U.contextType)&&r[g.__c],S=g?P?P.props.value:g.__:r,(_=n.__c)?(t.__c=_,2&_.__g&&(_.__g|=1)):(b?t.__c=_=new U(E,S):(t.__c=_=new Ir(E,S),_.constructor=U,_.render=Qc),P&&P.sub(_),_.state||(_.state={}),_.__n=r,_.__g|=8,_.__h=[],_.__k=[]),b&&(_.__s||(_.__s=_.state),U.getDerivedStateFromProps&&(_.__s==_.state&&(_.__s=wn({},_.__s)),wn(_.__s,U.getDerivedStateFromProps(E,_.__s)))),y=_.props,k=_.state,_.__v=t,n.__c){if(E!==y&&b&&!U.getDerivedStateFromProps&&_.componentWillReceiveProps&&_.componentWillReceiveProps(E,S),t.__v==n.__v&&!(8&_.__g)||!(4&_.__g)&&_.shouldComponentUpdate&&_.shouldComponentUpdate(E,_.__s,S)===!1){t.__v!=n.__v&&(_.props=E,_.state=_.__s,_.__g&=-9),t.__e=n.__e,t.__k=n.__k,t.__k.some(function(z){z&&(z.__=t)}),Br.push.apply(_.__h,_.__k),_.__k=[],_.__h.length&&o.push(_),a=tn(n);break e}_.componentWillUpdate&&_.componentWillUpdate(E,_.__s,S),b&&_.componentDidUpdate&&_.__h.push(function(){_.componentDidUpdate(y,k,T)})}else b&&!U.getDerivedStateFromProps&&_.componentWillMount&&_.componentWillMount(),b&&_.componentDidMount&&_.__h.push(_.componentDidMount);_.context=S,_.props=E,_.__P=e,_.__g&=-5,D=ce.__r,C=b?25:0;do _.__g&=-9,D&&D(t),g=_.render(_.props,_.state=_.__s,_.context);while(8&_.__g&&++C<25);b&&(Br.push.apply(_.__h,_.__k),_.__k=[]),_.state=_.__s,_.getChildContext&&(r=wn({},r,_.getChildContext())),b&&n.__c&&_.getSnapshotBeforeUpdate&&(T=_.getSnapshotBeforeUpdate(y,k)),q=g&&g.type===de&&g.key==null?g.props.children:g,E.__P&&(g=a,l=(e=E.__P).namespaceURI,d=i=null,n.props&&n.props.__P!=e&&(n.__k.some(function(z){z&&Vl(z,z)}),n.__k=null),a=n.__k?tn(n,0):null),a=Ps(e,Nl(q)?q:[q],t,n,r,l,i,o,a,d,f),E.__P&&(t.__e=null,a=g),t.__u&=-161,m&&m.some(xn),_.__h.length&&o.push(_),1&_.__g&&(_.__g&=-4)}catch(z){if(o.length=x,t.__v=null,d||i)if(z&&z.then){if(t.__u|=128|d,i){for(~(W=i.indexOf(a||void 0))||(W=i.length);(L=i[W-1])&&L.nodeType==8;)W--;for(;W<i.length;W++)if(L=i[W])if(i[W]=null,B){if(L==Z)break}else{if(L.nodeType!=8)break;L.data.startsWith("$s")&&(Z=jr(B=L))}}if(!B){for(;a&&a.nodeType==8&&a.nextSibling;)a=a.nextSibling;B=a}(g=jr(B=t.__c.__z||(t.__c.__z=B)))?(t.__e=B,a=g):t.__e=a,a=a&&a.nextSibling}else i&&i.some(xn);else t.__e=n.__e;t.__k||(t.__k=n.__k||[]),z&&z.then||Cs(t),ce.__e(z,t,n)}}else a=t.__e=Jc(n.__e,t,n,r,l,i,o,d,f,e);return(g=ce.diffed)&&g(t),a}function jr(e,t){if(e&&e.nodeType==8&&e.data.startsWith("$s"))for(var n=1;e=e.nextSibling;){if(e.nodeType==8){if(e.data.startsWith("$s"))n++;else if(e.data.startsWith("/$s")&&!--n)return e}t&&t.push(e)}}function Cs(e){e&&(e.__c&&(e.__c.__g|=4),e.__k&&e.__k.some(Cs))}function Ds(e,t,n){for(var r=0;r<n.length;)jl(n[r++],n[r++],n[r++]);ce.__c&&ce.__c(t,e),e.some(function(l){try{e=l.__h,l.__h=[],e.some(function(i){i.call(l)})}catch(i){ce.__e(i,l.__v)}})}function Jc(e,t,n,r,l,i,o,a,d,f){var g,m,x,_,y,k,T,E,b=n.props||Hr,P=t.props,S=t.type;if(S=="svg"?l="http://www.w3.org/2000/svg":S=="math"?l="http://www.w3.org/1998/Math/MathML":l||(l="http://www.w3.org/1999/xhtml"),i){for(g=0;g<i.length;g++)if((y=i[g])&&(S?y.localName==S:y.nodeType==3)){e=y,i[g]=null;break}}if(!e){if(E=f.ownerDocument||document,!S)return E.createTextNode(P);e=E.createElementNS(l,S,P.is?P:f),a&&(ce.__m&&ce.__m(t,i),a=!1),i=null}if(S){if(f=S=="template"&&e.content||e,i=S=="textarea"&&P.defaultValue!=null?null:i&&Es.call(f.childNodes),!a&&i)for(b={},g=0;g<e.attributes.length;g++)b[(y=e.attributes[g]).name]=y.value;for(g in b)y=b[g],g=="dangerouslySetInnerHTML"?x=y:g=="children"||g in P||g=="value"&&"defaultValue"in P||g=="checked"&&"defaultChecked"in P||Rr(e,g,null,y,l);for(g in P)y=P[g],g=="children"?_=y:g=="dangerouslySetInnerHTML"?m=y:g=="value"?k=y:g=="checked"?T=y:a&&typeof y!="function"||b[g]===y||Rr(e,g,y,b[g],l);m?(a||x&&(m.__html==x.__html||m.__html==e.innerHTML)||(e.innerHTML=m.__html),t.__k=[]):(x&&(e.textContent=""),(S=="foreignObject"||l=="http://www.w3.org/1998/Math/MathML"&&Gc.test(S))&&(l="http://www.w3.org/1999/xhtml"),Ps(f,Nl(_)?_:[_],t,n,r,l,i,o,i?i[0]:n.__k&&tn(n,0),a,d),i&&i.some(xn)),a&&S!="textarea"||(g="value",S=="progress"&&k==null?e.removeAttribute(g):k==null||k===e[g]&&(S!="progress"||k)||Rr(e,g,k,b[g],l),g="checked",T!=null&&T!=e[g]&&Rr(e,g,T,b[g],l))}else b===P||a&&e.data==P||(e.data=P);return e}function jl(e,t,n,r){try{typeof e=="function"?t?t.__x=e(t)||1:r&&(r=r.__c||r.__e)&&(t=r.__x)&&(r.__x=null,typeof t=="function"?t():e(null)):e.current=t}catch(l){ce.__e(l,n)}}function Vl(e,t,n){var r,l,i,o;if(ce.unmount&&ce.unmount(e),!(r=e.ref)||r.current&&r.current!=e.__e||jl(r,null,t,e),r=e.__c){if(r.componentWillUnmount)try{r.componentWillUnmount()}catch(a){ce.__e(a,t)}r.__P=r.__n=null}if(r=e.__k)for(o=0;o<r.length;o++)r[o]&&Vl(r[o],t,typeof e.type!="function"||n&&!e.props.__P);!n&&(r=e.__c)&&(r=r.__z)&&(l=jr(r,i=[]))&&(r==e.__e&&i.some(xn),xn(l),xn(r)),n||xn(e.__e),e.__e=e.__c=e.__=null}function Qc(e,t,n){return this.constructor(e,n)}function Os(e,t){var n,r,l,i;ce.__&&ce.__(e,t),t.nodeType==9&&(t=t.documentElement),r=(n=e&&32&e.__u)?null:t.__k,t.__k=Nr(de,{children:[e]}),l=[],i=[],Il(t,t.__k,r||Hr,Hr,t.namespaceURI,r?null:t.firstChild?Es.call(t.childNodes):null,l,r?r.__e:t.firstChild,n,i),Ds(l,t.__k,i),t.__k.props.children=null}ce={__e:function(e,t,n,r){for(var l,i,o;t=t.__;)if((l=t.__c)&&!(1&l.__g)){l.__g|=4;try{if((o=(i=l.constructor)&&i.getDerivedStateFromError)&&l.setState(i.getDerivedStateFromError(e)),l.componentDidCatch&&(l.componentDidCatch(e,r||{}),o=1),o&&8&l.__g)return void(l.__g|=2)}catch(a){e=a}}throw Vr=0,e}},Ss=0,Wc=function(e){return e!=null&&e.constructor===pr},Ir.prototype.setState=function(e,t){var n=this.__s;n&&n!=this.state||(n=this.__s=wn({},this.state)),typeof e=="function"&&(e=e(wn({},n),this.props)),e&&(wn(n,e),this.__v&&(t&&this.__k.push(t),bs(this)))},Ir.prototype.forceUpdate=function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),bs(this))},Ir.prototype.render=de,en=[],Vr=0,Ms=function(e,t){return e.__v.__b-t.__v.__b},Fr=Symbol(),Ts=/(PointerCapture)$|Capture$/i,Fl=0,Rl={},Uc=0;var Xc=Symbol.for("pv"),eu=0,Yh=Array.isArray;function c(e,t,n,r,l,i){t||(t={});var o,a,d=t;if("ref"in d&&typeof e!="function")for(a in d={},t)a=="ref"?o=t[a]:d[a]=t[a];var f={type:e,props:d,key:n,ref:o,__k:null,__:null,__b:0,__e:null,__c:null,constructor:Xc,__v:--eu,__i:-1,__u:0};return(l||i)&&(f.__source=l,f.__self=i),ce.vnode&&ce.vnode(f),f}var gr,De,Hl,zs,Bl=Object.is,Wr=0,Ws=[],Wl=[],$e=ce,Rs=$e.__b,Fs=$e.__r,Ns=$e.diffed,Is=$e.__c,js=$e.unmount,Vs=$e.__;function Gl(e,t){$e.__h&&$e.__h(De,e,Wr||t),Wr=0;var n=De.__H||(De.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function ke(e){return Wr=1,ql(Gs,e)}function ql(e,t,n){var r=Gl(gr++,2);if(r.t=e,!r.__c&&(r.__=[n?n(t):Gs(void 0,t),function(i){var o=(r.__N||r.__)[0],a=r.t(o,i);Bl(o,a)||(r.__N=[a,r.__[1]],r.__c.setState({}))}],r.__c=De,!De.__f)){De.__f=!0;var l=De.shouldComponentUpdate;De.shouldComponentUpdate=function(i,o,a){var d=this.__H;if(!d)return!0;var f=!1,g=this.props!=i;if(d.__.some(function(x){x.__N&&(f=!0,Bl(x.__[0],x.__N[0])||(g=!0))}),l){var m=l.call(this,i,o,a);return f?m||g:m}return!f||g}}return r.__}function Oe(e,t){var n=Gl(gr++,3);!$e.__s&&Us(n.__H,t)&&(n.__P=!0,n.__=e,n.u=t,De.__H.__h.push(n))}function Wt(e){return Wr=5,qn(function(){return{current:e}},[])}function qn(e,t){var n=Gl(gr++,7);return Us(n.__H,t)&&(n.__=e(),n.__H=t),n.__}function tu(){var e;do{for(;e=Wl.shift();)try{mr(e)}catch(n){$e.__e(n,{__:(e=e.__P)&&e.__v})}for(;e=Ws.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(mr),t.__h.some(Ul),t.__h=[]}catch(n){t.__h=[],$e.__e(n,e.__v)}}}while(Wl.length)}$e.__b=function(e){De=null,Rs&&Rs(e)},$e.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),Vs&&Vs(e,t)},$e.__r=function(e){Fs&&Fs(e),gr=0;var t=(De=e.__c).__H;t&&(Hl==De?De.__h=[]:(t.__h.some(mr),t.__h.some(Ul),gr=0),t.__h=[],t.__.some(function(n){n.__N&&(n.__=n.__N),n.u=n.__N=void 0})),Hl=De},$e.diffed=function(e){Ns&&Ns(e);var t=e.__c;t&&t.__H&&(t.__H.__h.length&&Bs(Ws.push(t)),t.__H.__.some(function(n){n.u&&(n.__H=n.u)})),Hl=De=null},$e.__c=function(e,t){t.some(function(n){try{n.__h.some(mr),n.__h=n.__h.filter(function(r){return!r.__||Ul(r)})}catch(r){n.__h=[function(){throw r}]}}),Is&&Is(e,t)},$e.unmount=function(e){js&&js(e);var t,n,r=e.__c;r&&r.__H&&(r.__H.__.some(function(l){try{if(l.__P&&l.__c){if(n===void 0){for(n=e.__;n&&(!n.__c||!n.__c.__P);)n=n.__;n=n&&n.__c}l.__P=n,Bs(Wl.push(l))}else mr(l)}catch(i){t=i}}),r.__H=void 0,t&&$e.__e(t,r.__v))};var Hs=typeof requestAnimationFrame=="function";function nu(e){var t,n=function(){clearTimeout(r),Hs&&cancelAnimationFrame(t),setTimeout(e)},r=setTimeout(n,35);Hs&&(t=requestAnimationFrame(n))}function Bs(e){e!=1&&zs==$e.requestAnimationFrame||((zs=$e.requestAnimationFrame)||nu)(tu)}function mr(e){var t=De,n=e.__c;typeof n=="function"&&(e.__c=void 0,n()),De=t}function Ul(e){var t=De;e.__c=e.__(),De=t}function Us(e,t){return!e||e.length!=t.length||t.some(function(n,r){return!Bl(n,e[r])})}function Gs(e,t){return typeof t=="function"?t(e):t}var qs='.uplot, .uplot *, .uplot *::before, .uplot *::after {box-sizing: border-box;}.uplot {font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji";line-height: 1.5;width: min-content;}.u-title {text-align: center;font-size: 18px;font-weight: bold;}.u-wrap {position: relative;user-select: none;}.u-over, .u-under {position: absolute;}.u-under {overflow: hidden;}.uplot canvas {display: block;position: relative;width: 100%;height: 100%;}.u-axis {position: absolute;}.u-legend {font-size: 14px;margin: auto;text-align: center;}.u-inline {display: block;}.u-inline * {display: inline-block;}.u-inline tr {margin-right: 16px;}.u-legend th {font-weight: 600;}.u-legend th > * {vertical-align: middle;display: inline-block;}.u-legend .u-marker {width: 1em;height: 1em;margin-right: 4px;background-clip: padding-box !important;}.u-inline.u-live th::after {content: ":";vertical-align: middle;}.u-inline:not(.u-live) .u-value {display: none;}.u-series > * {padding: 4px;}.u-series th {cursor: pointer;}.u-legend .u-off > * {opacity: 0.3;}.u-select {background: rgba(0,0,0,0.07);position: absolute;pointer-events: none;}.u-cursor-x, .u-cursor-y {position: absolute;left: 0;top: 0;pointer-events: none;will-change: transform;}.u-hz .u-cursor-x, .u-vt .u-cursor-y {height: 100%;border-right: 1px dashed #607D8B;}.u-hz .u-cursor-y, .u-vt .u-cursor-x {width: 100%;border-bottom: 1px dashed #607D8B;}.u-cursor-pt {position: absolute;top: 0;left: 0;border-radius: 50%;border: 0 solid;pointer-events: none;will-change: transform;/*this has to be !important since we set inline "background" shorthand */background-clip: padding-box !important;}.u-axis.u-off, .u-select.u-off, .u-cursor-x.u-off, .u-cursor-y.u-off, .u-cursor-pt.u-off {display: none;}';var Yl="espalier-token",yn=class extends Error{status;code;constructor(t,n,r){super(r),this.status=t,this.code=n}},Kl={get:()=>sessionStorage.getItem(Yl),set:e=>sessionStorage.setItem(Yl,e),clear:()=>sessionStorage.removeItem(Yl)};function Zl(e={}){let t=Kl.get();return t===null?{...e}:{...e,authorization:`Bearer ${t}`}}async function Jl(e){let{status:t}=e;try{let n=await e.json();return new yn(t,n.code??"",n.detail??e.statusText)}catch{return new yn(t,"",e.statusText)}}async function it(e,t={}){let n=await fetch(e,{...t,headers:Zl()});if(!n.ok)throw await Jl(n);return await n.json()}async function vn(e,t,n){let r=await fetch(t,{method:e,headers:Zl(n===void 0?{}:{"content-type":"application/json"}),...n===void 0?{}:{body:JSON.stringify(n)}});if(!r.ok)throw await Jl(r);let l=await r.text();return l===""?void 0:JSON.parse(l)}function lu(e){let t=e.split(`
`).filter(n=>n.startsWith("data:")).map(n=>n.slice(5).trim()).join(`
`);if(!(t===""||t==="{}"))try{return JSON.parse(t)}catch{return}}async function iu(e,t,n){let r={signal:t,headers:Zl({accept:"text/event-stream"})},l=await fetch(`/api/v1/events${e>0?`?since=${e}`:""}`,r);if(!l.ok||l.body===null)throw await Jl(l);let i=new TextDecoder,o="";for await(let a of l.body){let d=(o+i.decode(a,{stream:!0})).split(`

`);o=d.pop()??"";for(let f of d){let g=lu(f);g!==void 0&&n(g)}}}async function Ys(e,t){let n=0;try{let r=await it("/api/v1/events?since=0");for(let l of r.events??[])n=l.id,t(l)}catch{}for(;!e.aborted;){try{await iu(n,e,r=>{n=r.id,t(r)})}catch{}await new Promise(r=>setTimeout(r,3e3))}}var su=new Set(["neighbor-down","failed-over","refused","change-refused"]),ou=new Set(["neighbor-up","joined","child-joined","stream-started","node-started"]);function au(e){return su.has(e)?"bad":ou.has(e)?"good":"plain"}function cu(e){return Array.isArray(e)?e.join(" \u2192 "):String(typeof e=="number"?Math.round(e*10)/10:e)}function Ks(e){return Object.entries(e).map(([t,n])=>`${t} ${cu(n)}`).join(", ")}function uu({event:e}){let t=new Date(e.timeMs);return c("li",{children:[c("time",{dateTime:t.toISOString(),children:t.toLocaleTimeString("en-GB")}),c("span",{class:`kind ${au(e.kind)}`,children:e.kind.replaceAll("-"," ")}),c("span",{class:"words",children:Ks(e.fields)})]})}function Ql({events:e,most:t}){return e.length===0?c("p",{class:"muted",children:"Nothing has happened yet."}):c("ol",{class:"events","aria-live":"polite","aria-relevant":"additions",children:e.slice(0,t).map(n=>c(uu,{event:n},n.id))})}function Zs({events:e,self:t}){let[n,r]=ke(""),l=e.filter(i=>`${i.kind} ${Ks(i.fields)}`.toLowerCase().includes(n.toLowerCase()));return c(de,{children:[c("h1",{children:`Events of ${t}`}),c("section",{class:"card",children:[c("label",{class:"search",children:["Show what holds",c("input",{value:n,onInput:i=>r(i.currentTarget.value)})]}),c(Ql,{events:l,most:300})]})]})}function Se(e){return e>=1e9?`${(e/1e9).toFixed(2)} Gbit/s`:e>=1e6?`${(e/1e6).toFixed(e>=1e8?0:1)} Mbit/s`:e>=1e3?`${Math.round(e/1e3)} kbit/s`:e>0?`${Math.round(e)} bit/s`:"0"}function Nt(e){return e===void 0?"\u2013":e>=1e4?`${(e/1e3).toFixed(0)} s`:e>=1e3?`${(e/1e3).toFixed(1)} s`:e>=10?`${Math.round(e)} ms`:`${e.toFixed(1)} ms`}function We(e){let t=e*100;return t===0?"0 %":t<.1?"< 0.1 %":`${t.toFixed(t<10?1:0)} %`}function nn(e){return e>=1024**3?`${(e/1024**3).toFixed(1)} GiB`:e>=1024**2?`${Math.round(e/1024**2)} MiB`:`${Math.round(e/1024)} KiB`}function rn(e){let t=Math.floor(e/1e3);if(t<60)return`${t} s`;if(t<3600)return`${Math.floor(t/60)} min`;let n=Math.floor(t/3600);return n<48?`${n} h ${Math.floor(t/60)%60} min`:`${Math.floor(n/24)} d`}function It(e,t){return`${e} ${t}${e===1?"":"s"}`}var ln={origin:"origin",relay:"relay",pop:"relay and POP",viewer:"viewer",other:"other"};function yt({roles:e,pop:t}){return e.includes("origin")?"origin":e.includes("relay")?t?"pop":"relay":e.includes("viewer")?"viewer":"other"}function fu(e){switch(e){case"origin":return c("path",{d:"M-4-7.5 8 0-4 7.5Z","stroke-linejoin":"round"});case"relay":return c("circle",{r:"6.5"});case"pop":return c(de,{children:[c("circle",{r:"8",class:"ring"}),c("circle",{r:"4.2"})]});case"viewer":return c("path",{d:"M-8-6H8V4.5H-8ZM-3.5 8H3.5","stroke-linejoin":"round",class:"ring"});case"other":return c("path",{d:"M0-7 6-3.5V3.5L0 7-6 3.5V-3.5Z"})}}function Yn({kind:e,x:t=0,y:n=0,scale:r=1}){return c("g",{class:`glyph ${e}`,transform:`translate(${t} ${n}) scale(${r})`,children:fu(e)})}var Fe="u-",du="uplot",hu=Fe+"hz",pu=Fe+"vt",mu=Fe+"title",gu=Fe+"wrap",_u=Fe+"under",xu=Fe+"over",wu=Fe+"axis",Sn=Fe+"off",yu=Fe+"select",vu=Fe+"cursor-x",bu=Fe+"cursor-y",ku=Fe+"cursor-pt",Su=Fe+"legend",Mu=Fe+"live",Tu=Fe+"inline",Eu=Fe+"series",Au=Fe+"marker",Js=Fe+"label",$u=Fe+"value",wr="width",yr="height",_r="top",Qs="bottom",Kn="left",Xl="right",gi="#000",Xs=gi+"0",ei="mousemove",eo="mousedown",ti="mouseup",to="mouseenter",no="mouseleave",ro="dblclick",Pu="resize",Lu="scroll",lo="change",Kr="dppxchange",_i="--",nr=typeof window<"u",si=nr?document:null,Jn=nr?window:null,Cu=nr?navigator:null,se,Ur;function oi(){let e=devicePixelRatio;se!=e&&(se=e,Ur&&ci(lo,Ur,oi),Ur=matchMedia(`(min-resolution: ${se-.001}dppx) and (max-resolution: ${se+.001}dppx)`),Mn(lo,Ur,oi),Jn.dispatchEvent(new CustomEvent(Kr)))}function ft(e,t){if(t!=null){let n=e.classList;!n.contains(t)&&n.add(t)}}function ai(e,t){let n=e.classList;n.contains(t)&&n.remove(t)}function we(e,t,n){e.style[t]=n+"px"}function At(e,t,n,r){let l=si.createElement(e);return t!=null&&ft(l,t),n?.insertBefore(l,r),l}function vt(e,t){return At("div",e,t)}var io=new WeakMap;function jt(e,t,n,r,l){let i="translate("+t+"px,"+n+"px)",o=io.get(e);i!=o&&(e.style.transform=i,io.set(e,i),t<0||n<0||t>r||n>l?ft(e,Sn):ai(e,Sn))}var so=new WeakMap;function oo(e,t,n){let r=t+n,l=so.get(e);r!=l&&(so.set(e,r),e.style.background=t,e.style.borderColor=n)}var ao=new WeakMap;function co(e,t,n,r){let l=t+""+n,i=ao.get(e);l!=i&&(ao.set(e,l),e.style.height=n+"px",e.style.width=t+"px",e.style.marginLeft=r?-t/2+"px":0,e.style.marginTop=r?-n/2+"px":0)}var xi={passive:!0},Du={...xi,capture:!0};function Mn(e,t,n,r){t.addEventListener(e,n,r?Du:xi)}function ci(e,t,n,r){t.removeEventListener(e,n,xi)}nr&&oi();function $t(e,t,n,r){let l;n=n||0,r=r||t.length-1;let i=r<=2147483647;for(;r-n>1;)l=i?n+r>>1:dt((n+r)/2),t[l]<e?n=l:r=l;return e-t[n]<=t[r]-e?n:r}function No(e){return(n,r,l)=>{let i=-1,o=-1;for(let a=r;a<=l;a++)if(e(n[a])){i=a;break}for(let a=l;a>=r;a--)if(e(n[a])){o=a;break}return[i,o]}}var Io=e=>e!=null,jo=e=>e!=null&&e>0,Qr=No(Io),Ou=No(jo);function zu(e,t,n,r=0,l=!1){let i=l?Ou:Qr,o=l?jo:Io;[t,n]=i(e,t,n);let a=e[t],d=e[t];if(t>-1)if(r==1)a=e[t],d=e[n];else if(r==-1)a=e[n],d=e[t];else for(let f=t;f<=n;f++){let g=e[f];o(g)&&(g<a?a=g:g>d&&(d=g))}return[a??he,d??-he]}function Xr(e,t,n,r){let l=ho(e),i=ho(t);e==t&&(l==-1?(e*=n,t/=n):(e/=n,t*=n));let o=n==10?Ut:Vo,a=l==1?dt:bt,d=i==1?bt:dt,f=a(o(Re(e))),g=d(o(Re(t))),m=Qn(n,f),x=Qn(n,g);return n==10&&(f<0&&(m=pe(m,-f)),g<0&&(x=pe(x,-g))),r||n==2?(e=m*l,t=x*i):(e=Uo(e,m),t=el(t,x)),[e,t]}function wi(e,t,n,r){let l=Xr(e,t,n,r);return e==0&&(l[0]=0),t==0&&(l[1]=0),l}var yi=.1,uo={mode:3,pad:yi},br={pad:0,soft:null,mode:0},Ru={min:br,max:br};function Zr(e,t,n,r){return tl(n)?fo(e,t,n):(br.pad=n,br.soft=r?0:null,br.mode=r?3:0,fo(e,t,Ru))}function le(e,t){return e??t}function Fu(e,t,n){for(t=le(t,0),n=le(n,e.length-1);t<=n;){if(e[t]!=null)return!0;t++}return!1}function fo(e,t,n){let r=n.min,l=n.max,i=le(r.pad,0),o=le(l.pad,0),a=le(r.hard,-he),d=le(l.hard,he),f=le(r.soft,he),g=le(l.soft,-he),m=le(r.mode,0),x=le(l.mode,0),_=t-e,y=Ut(_),k=et(Re(e),Re(t)),T=Ut(k),E=Re(T-y);(_<1e-24||E>10)&&(_=0,(e==0||t==0)&&(_=1e-24,m==2&&f!=he&&(i=0),x==2&&g!=-he&&(o=0)));let b=_||k||1e3,P=Ut(b),S=Qn(10,dt(P)),D=b*(_==0?e==0?.1:1:i),C=pe(Uo(e-D,S/10),24),q=e>=f&&(m==1||m==3&&C<=f||m==2&&C>=f)?f:he,B=et(a,C<q&&e>=q?q:Pt(q,C)),Z=b*(_==0?t==0?.1:1:o),W=pe(el(t+Z,S/10),24),L=t<=g&&(x==1||x==3&&W>=g||x==2&&W<=g)?g:-he,U=Pt(d,W>L&&t<=L?L:et(L,W));return B==U&&B==0&&(U=100),[B,U]}var Nu=new Intl.NumberFormat(nr?Cu.language:"en-US"),vi=e=>Nu.format(e),ht=Math,Yr=ht.PI,Re=ht.abs,dt=ht.floor,ze=ht.round,bt=ht.ceil,Pt=ht.min,et=ht.max,Qn=ht.pow,ho=ht.sign,Ut=ht.log10,Vo=ht.log2,Iu=(e,t=1)=>ht.sinh(e)*t,ni=(e,t=1)=>ht.asinh(e/t),he=1/0;function po(e){return(Ut((e^e>>31)-(e>>31))|0)+1}function ui(e,t,n){return Pt(et(e,t),n)}function Ho(e){return typeof e=="function"}function ee(e){return Ho(e)?e:()=>e}var ju=()=>{},Bo=e=>e,Wo=(e,t)=>t,Vu=e=>null,mo=e=>!0,go=(e,t)=>e==t,Hu=/\.\d*?(?=9{6,}|0{6,})/gm,Tn=e=>{if(qo(e)||on.has(e))return e;let t=`${e}`,n=t.match(Hu);if(n==null)return e;let r=n[0].length-1;if(t.indexOf("e-")!=-1){let[l,i]=t.split("e");return+`${Tn(l)}e${i}`}return pe(e,r)};function bn(e,t){return Tn(pe(Tn(e/t))*t)}function el(e,t){return Tn(bt(Tn(e/t))*t)}function Uo(e,t){return Tn(dt(Tn(e/t))*t)}function pe(e,t=0){if(qo(e))return e;let n=10**t,r=e*n*(1+Number.EPSILON);return ze(r)/n}var on=new Map;function Go(e){return((""+e).split(".")[1]||"").length}function Sr(e,t,n,r){let l=[],i=r.map(Go);for(let o=t;o<n;o++){let a=Re(o),d=pe(Qn(e,o),a);for(let f=0;f<r.length;f++){let g=e==10?+`${r[f]}e${o}`:r[f]*d,m=(o>=0?0:a)+(o>=i[f]?0:i[f]),x=e==10?g:pe(g,m);l.push(x),on.set(x,m)}}return l}var kr={},bi=[],Xn=[null,null],sn=Array.isArray,qo=Number.isInteger,Bu=e=>e===void 0;function _o(e){return typeof e=="string"}function tl(e){let t=!1;if(e!=null){let n=e.constructor;t=n==null||n==Object}return t}function Wu(e){return e!=null&&typeof e=="object"}var Uu=Object.getPrototypeOf(Uint8Array),Yo="__proto__";function er(e,t=tl){let n;if(sn(e)){let r=e.find(l=>l!=null);if(sn(r)||t(r)){n=Array(e.length);for(let l=0;l<e.length;l++)n[l]=er(e[l],t)}else n=e.slice()}else if(e instanceof Uu)n=e.slice();else if(t(e)){n={};for(let r in e)r!=Yo&&(n[r]=er(e[r],t))}else n=e;return n}function Pe(e){let t=arguments;for(let n=1;n<t.length;n++){let r=t[n];for(let l in r)l!=Yo&&(tl(e[l])?Pe(e[l],er(r[l])):e[l]=er(r[l]))}return e}var Gu=0,qu=1,Yu=2;function Ku(e,t,n){for(let r=0,l,i=-1;r<t.length;r++){let o=t[r];if(o>i){for(l=o-1;l>=0&&e[l]==null;)e[l--]=null;for(l=o+1;l<n&&e[l]==null;)e[i=l++]=null}}}function Zu(e,t){if(Xu(e)){let o=e[0].slice();for(let a=1;a<e.length;a++)o.push(...e[a].slice(1));return ef(o[0])||(o=Qu(o)),o}let n=new Set;for(let o=0;o<e.length;o++){let d=e[o][0],f=d.length;for(let g=0;g<f;g++)n.add(d[g])}let r=[Array.from(n).sort((o,a)=>o-a)],l=r[0].length,i=new Map;for(let o=0;o<l;o++)i.set(r[0][o],o);for(let o=0;o<e.length;o++){let a=e[o],d=a[0];for(let f=1;f<a.length;f++){let g=a[f],m=Array(l).fill(void 0),x=t?t[o][f]:qu,_=[];for(let y=0;y<g.length;y++){let k=g[y],T=i.get(d[y]);k===null?x!=Gu&&(m[T]=k,x==Yu&&_.push(T)):m[T]=k}Ku(m,_,l),r.push(m)}}return r}var Ju=typeof queueMicrotask>"u"?e=>Promise.resolve().then(e):queueMicrotask;function Qu(e){let t=e[0],n=t.length,r=Array(n);for(let i=0;i<r.length;i++)r[i]=i;r.sort((i,o)=>t[i]-t[o]);let l=[];for(let i=0;i<e.length;i++){let o=e[i],a=Array(n);for(let d=0;d<n;d++)a[d]=o[r[d]];l.push(a)}return l}function Xu(e){let t=e[0][0],n=t.length;for(let r=1;r<e.length;r++){let l=e[r][0];if(l.length!=n)return!1;if(l!=t){for(let i=0;i<n;i++)if(l[i]!=t[i])return!1}}return!0}function ef(e,t=100){let n=e.length;if(n<=1)return!0;let r=0,l=n-1;for(;r<=l&&e[r]==null;)r++;for(;l>=r&&e[l]==null;)l--;if(l<=r)return!0;let i=et(1,dt((l-r+1)/t));for(let o=e[r],a=r+i;a<=l;a+=i){let d=e[a];if(d!=null){if(d<=o)return!1;o=d}}return!0}var Ko=["January","February","March","April","May","June","July","August","September","October","November","December"],Zo=["Sunday","Monday","Tuesday","Wednesday","Thursday","Friday","Saturday"];function Jo(e){return e.slice(0,3)}var tf=Zo.map(Jo),nf=Ko.map(Jo),rf={MMMM:Ko,MMM:nf,WWWW:Zo,WWW:tf};function xr(e){return(e<10?"0":"")+e}function lf(e){return(e<10?"00":e<100?"0":"")+e}var sf={YYYY:e=>e.getFullYear(),YY:e=>(e.getFullYear()+"").slice(2),MMMM:(e,t)=>t.MMMM[e.getMonth()],MMM:(e,t)=>t.MMM[e.getMonth()],MM:e=>xr(e.getMonth()+1),M:e=>e.getMonth()+1,DD:e=>xr(e.getDate()),D:e=>e.getDate(),WWWW:(e,t)=>t.WWWW[e.getDay()],WWW:(e,t)=>t.WWW[e.getDay()],HH:e=>xr(e.getHours()),H:e=>e.getHours(),h:e=>{let t=e.getHours();return t==0?12:t>12?t-12:t},AA:e=>e.getHours()>=12?"PM":"AM",aa:e=>e.getHours()>=12?"pm":"am",a:e=>e.getHours()>=12?"p":"a",mm:e=>xr(e.getMinutes()),m:e=>e.getMinutes(),ss:e=>xr(e.getSeconds()),s:e=>e.getSeconds(),fff:e=>lf(e.getMilliseconds())};function ki(e,t){t=t||rf;let n=[],r=/\{([a-z]+)\}|[^{]+/gi,l;for(;l=r.exec(e);)n.push(l[0][0]=="{"?sf[l[1]]:l[0]);return i=>{let o="";for(let a=0;a<n.length;a++)o+=typeof n[a]=="string"?n[a]:n[a](i,t);return o}}var of=new Intl.DateTimeFormat().resolvedOptions().timeZone;function af(e,t){let n;return t=="UTC"||t=="Etc/UTC"?n=new Date(+e+e.getTimezoneOffset()*6e4):t==of?n=e:(n=new Date(e.toLocaleString("en-US",{timeZone:t})),n.setMilliseconds(e.getMilliseconds())),n}var Qo=e=>e%1==0,Jr=[1,2,2.5,5],cf=Sr(10,-32,0,Jr),Xo=Sr(10,0,32,Jr),uf=Xo.filter(Qo),kn=cf.concat(Xo),Si=`
`,ea="{YYYY}",xo=Si+ea,ta="{M}/{D}",vr=Si+ta,Gr=vr+"/{YY}",na="{aa}",ff="{h}:{mm}",Zn=ff+na,wo=Si+Zn,yo=":{ss}",ae=null;function ra(e){let t=e*1e3,n=t*60,r=n*60,l=r*24,i=l*30,o=l*365,d=(e==1?Sr(10,0,3,Jr).filter(Qo):Sr(10,-3,0,Jr)).concat([t,t*5,t*10,t*15,t*30,n,n*5,n*10,n*15,n*30,r,r*2,r*3,r*4,r*6,r*8,r*12,l,l*2,l*3,l*4,l*5,l*6,l*7,l*8,l*9,l*10,l*15,i,i*2,i*3,i*4,i*6,o,o*2,o*5,o*10,o*25,o*50,o*100]),f=[[o,ea,ae,ae,ae,ae,ae,ae,1],[l*28,"{MMM}",xo,ae,ae,ae,ae,ae,1],[l,ta,xo,ae,ae,ae,ae,ae,1],[r,"{h}"+na,Gr,ae,vr,ae,ae,ae,1],[n,Zn,Gr,ae,vr,ae,ae,ae,1],[t,yo,Gr+" "+Zn,ae,vr+" "+Zn,ae,wo,ae,1],[e,yo+".{fff}",Gr+" "+Zn,ae,vr+" "+Zn,ae,wo,ae,1]];function g(m){return(x,_,y,k,T,E)=>{let b=[],P=T>=o,S=T>=i&&T<o,D=m(y),C=pe(D*e,3),q=ri(D.getFullYear(),P?0:D.getMonth(),S||P?1:D.getDate()),B=pe(q*e,3);if(S||P){let Z=S?T/i:0,W=P?T/o:0,L=C==B?C:pe(ri(q.getFullYear()+W,q.getMonth()+Z,1)*e,3),U=new Date(ze(L/e)),z=U.getFullYear(),Y=U.getMonth();for(let H=0;L<=k;H++){let te=ri(z+W*H,Y+Z*H,1),V=te-m(pe(te*e,3));L=pe((+te+V)*e,3),L<=k&&b.push(L)}}else{let Z=T>=l?l:T,W=dt(y)-dt(C),L=B+W+el(C-B,Z);b.push(L);let U=m(L),z=U.getHours()+U.getMinutes()/n+U.getSeconds()/r,Y=T/r,H=x.axes[_]._space,te=E/H;for(;L=pe(L+T,e==1?0:3),!(L>k);)if(Y>1){let V=dt(pe(z+Y,6))%24,ne=m(L).getHours()-V;ne>1&&(ne=-1),L-=ne*r,z=(z+Y)%24;let ue=b[b.length-1];pe((L-ue)/T,3)*te>=.7&&b.push(L)}else b.push(L)}return b}}return[d,f,g]}var[df,hf,pf]=ra(1),[mf,gf,_f]=ra(.001);Sr(2,-53,53,[1]);function vo(e,t){return e.map(n=>n.map((r,l)=>l==0||l==8||r==null?r:t(l==1||n[8]==0?r:n[1]+r)))}function bo(e,t){return(n,r,l,i,o)=>{let a=t.find(y=>o>=y[0])||t[t.length-1],d,f,g,m,x,_;return r.map(y=>{let k=e(y),T=k.getFullYear(),E=k.getMonth(),b=k.getDate(),P=k.getHours(),S=k.getMinutes(),D=k.getSeconds(),C=T!=d&&a[2]||E!=f&&a[3]||b!=g&&a[4]||P!=m&&a[5]||S!=x&&a[6]||D!=_&&a[7]||a[1];return d=T,f=E,g=b,m=P,x=S,_=D,C(k)})}}function xf(e,t){let n=ki(t);return(r,l,i,o,a)=>l.map(d=>n(e(d)))}function ri(e,t,n){return new Date(e,t,n)}function ko(e,t){return t(e)}var wf="{YYYY}-{MM}-{DD} {h}:{mm}{aa}";function So(e,t){return(n,r,l,i)=>i==null?_i:t(e(r))}function yf(e,t){let n=e.series[t];return n.width?n.stroke(e,t):n.points.width?n.points.stroke(e,t):null}function vf(e,t){return e.series[t].fill(e,t)}var bf={show:!0,live:!0,isolate:!1,mount:ju,markers:{show:!0,width:2,stroke:yf,fill:vf,dash:"solid"},idx:null,idxs:null,values:[]};function kf(e,t){let n=e.cursor.points,r=vt(),l=n.size(e,t);we(r,wr,l),we(r,yr,l);let i=l/-2;we(r,"marginLeft",i),we(r,"marginTop",i);let o=n.width(e,t,l);return o&&we(r,"borderWidth",o),r}function Sf(e,t){let n=e.series[t].points;return n._fill||n._stroke}function Mf(e,t){let n=e.series[t].points;return n._stroke||n._fill}function Tf(e,t){return e.series[t].points.size}var li=[0,0];function Ef(e,t,n){return li[0]=t,li[1]=n,li}function qr(e,t,n,r=!0){return l=>{l.button==0&&(!r||l.target==t)&&n(l)}}function ii(e,t,n,r=!0){return l=>{(!r||l.target==t)&&n(l)}}var Af={show:!0,x:!0,y:!0,lock:!1,move:Ef,points:{one:!1,show:kf,size:Tf,width:0,stroke:Mf,fill:Sf},bind:{mousedown:qr,mouseup:qr,click:qr,dblclick:qr,mousemove:ii,mouseleave:ii,mouseenter:ii},drag:{setScale:!0,x:!0,y:!1,dist:0,uni:null,click:(e,t)=>{t.stopPropagation(),t.stopImmediatePropagation()},_x:!1,_y:!1},focus:{dist:(e,t,n,r,l)=>r-l,prox:-1,bias:0},hover:{skip:[void 0],prox:null,bias:0},left:-10,top:-10,idx:null,dataIdx:null,idxs:null,event:null},la={show:!0,stroke:"rgba(0,0,0,0.07)",width:2},Mi=Pe({},la,{filter:Wo}),ia=Pe({},Mi,{size:10}),sa=Pe({},la,{show:!1}),Ti='12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji"',oa="bold "+Ti,aa=1.5,Mo={show:!0,scale:"x",stroke:gi,space:50,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:oa,side:2,grid:Mi,ticks:ia,border:sa,font:Ti,lineGap:aa,rotate:0},$f="Value",Pf="Time",To={show:!0,scale:"x",auto:!1,sorted:1,min:he,max:-he,idxs:[]};function Lf(e,t,n,r,l){return t.map(i=>i==null?"":vi(i))}function Cf(e,t,n,r,l,i,o){let a=[],d=on.get(l)||0;n=o?n:pe(el(n,l),d);for(let f=n;f<=r;f=pe(f+l,d))a.push(Object.is(f,-0)?0:f);return a}function fi(e,t,n,r,l,i,o){let a=[],d=e.scales[e.axes[t].scale].log,f=d==10?Ut:Vo,g=dt(f(n));l=Qn(d,g),d==10&&(l=kn[$t(l,kn)]);let m=n,x=l*d;d==10&&(x=kn[$t(x,kn)]);do a.push(m),m=m+l,d==10&&!on.has(m)&&(m=pe(m,on.get(l))),m>=x&&(l=m,x=l*d,d==10&&(x=kn[$t(x,kn)]));while(m<=r);return a}function Df(e,t,n,r,l,i,o){let d=e.scales[e.axes[t].scale].asinh,f=r>d?fi(e,t,et(d,n),r,l):[d],g=r>=0&&n<=0?[0]:[];return(n<-d?fi(e,t,et(d,-r),-n,l):[d]).reverse().map(x=>-x).concat(g,f)}var ca=/./,Of=/[12357]/,zf=/[125]/,Eo=/1/,di=(e,t,n,r)=>e.map((l,i)=>t==4&&l==0||i%r==0&&n.test(l.toExponential()[l<0?1:0])?l:null);function Rf(e,t,n,r,l){let i=e.axes[n],o=i.scale,a=e.scales[o],d=e.valToPos,f=i._space,g=d(10,o),m=d(9,o)-g>=f?ca:d(7,o)-g>=f?Of:d(5,o)-g>=f?zf:Eo;if(m==Eo){let x=Re(d(1,o)-g);if(x<f)return di(t.slice().reverse(),a.distr,m,bt(f/x)).reverse()}return di(t,a.distr,m,1)}function Ff(e,t,n,r,l){let i=e.axes[n],o=i.scale,a=i._space,d=e.valToPos,f=Re(d(1,o)-d(2,o));return f<a?di(t.slice().reverse(),3,ca,bt(a/f)).reverse():t}function Nf(e,t,n,r){return r==null?_i:t==null?"":vi(t)}var Ao={show:!0,scale:"y",stroke:gi,space:30,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:oa,side:3,grid:Mi,ticks:ia,border:sa,font:Ti,lineGap:aa,rotate:0};function If(e,t){let n=3+(e||1)*2;return pe(n*t,3)}function jf(e,t){let{scale:n,idxs:r}=e.series[0],l=e._data[0],i=e.valToPos(l[r[0]],n,!0),o=e.valToPos(l[r[1]],n,!0),a=Re(o-i),d=e.series[t],f=a/(d.points.space*se);return r[1]-r[0]<=f}var $o={scale:null,auto:!0,sorted:0,min:he,max:-he},ua=(e,t,n,r,l)=>l,Po={show:!0,auto:!0,sorted:0,gaps:ua,alpha:1,facets:[Pe({},$o,{scale:"x"}),Pe({},$o,{scale:"y"})]},Lo={scale:"y",auto:!0,sorted:0,show:!0,spanGaps:!1,gaps:ua,alpha:1,points:{show:jf,filter:null},values:null,min:he,max:-he,idxs:[],path:null,clip:null};function Vf(e,t,n,r,l){return n/10}var fa={time:!0,auto:!0,distr:1,log:10,asinh:1,min:null,max:null,dir:1,ori:0},Hf=Pe({},fa,{time:!1,ori:1}),Co={};function da(e,t){let n=Co[e];return n||(n={key:e,plots:[],sub(r){n.plots.push(r)},unsub(r){n.plots=n.plots.filter(l=>l!=r)},pub(r,l,i,o,a,d,f){for(let g=0;g<n.plots.length;g++)n.plots[g]!=l&&n.plots[g].pub(r,l,i,o,a,d,f)}},e!=null&&(Co[e]=n)),n}var tr=1,hi=2;function En(e,t,n){let r=e.mode,l=e.series[t],i=r==2?e._data[t]:e._data,o=e.scales,a=e.bbox,d=i[0],f=r==2?i[1]:i[t],g=r==2?o[l.facets[0].scale]:o[e.series[0].scale],m=r==2?o[l.facets[1].scale]:o[l.scale],x=a.left,_=a.top,y=a.width,k=a.height,T=e.valToPosH,E=e.valToPosV;return g.ori==0?n(l,d,f,g,m,T,E,x,_,y,k,rl,rr,il,pa,ga):n(l,d,f,g,m,E,T,_,x,k,y,ll,lr,$i,ma,_a)}function Ei(e,t){let n=0,r=0,l=le(e.bands,bi);for(let i=0;i<l.length;i++){let o=l[i];o.series[0]==t?n=o.dir:o.series[1]==t&&(o.dir==1?r|=1:r|=2)}return[n,r==1?-1:r==2?1:r==3?2:0]}function Bf(e,t,n,r,l){let i=e.mode,o=e.series[t],a=i==2?o.facets[1].scale:o.scale,d=e.scales[a];return l==-1?d.min:l==1?d.max:d.distr==3?d.dir==1?d.min:d.max:0}function Gt(e,t,n,r,l,i){return En(e,t,(o,a,d,f,g,m,x,_,y,k,T)=>{let E=o.pxRound,b=f.dir*(f.ori==0?1:-1),P=f.ori==0?rr:lr,S,D;b==1?(S=n,D=r):(S=r,D=n);let C=E(m(a[S],f,k,_)),q=E(x(d[S],g,T,y)),B=E(m(a[D],f,k,_)),Z=E(x(i==1?g.max:g.min,g,T,y)),W=new Path2D(l);return P(W,B,Z),P(W,C,Z),P(W,C,q),W})}function nl(e,t,n,r,l,i){let o=null;if(e.length>0){o=new Path2D;let a=t==0?il:$i,d=n;for(let m=0;m<e.length;m++){let x=e[m];if(x[1]>x[0]){let _=x[0]-d;_>0&&a(o,d,r,_,r+i),d=x[1]}}let f=n+l-d,g=10;f>0&&a(o,d,r-g/2,f,r+i+g)}return o}function Wf(e,t,n){let r=e[e.length-1];r&&r[0]==t?r[1]=n:e.push([t,n])}function Ai(e,t,n,r,l,i,o){let a=[],d=e.length;for(let f=l==1?n:r;f>=n&&f<=r;f+=l)if(t[f]===null){let m=f,x=f;if(l==1)for(;++f<=r&&t[f]===null;)x=f;else for(;--f>=n&&t[f]===null;)x=f;let _=i(e[m]),y=x==m?_:i(e[x]),k=m-l;_=o<=0&&k>=0&&k<d?i(e[k]):_;let E=x+l;y=o>=0&&E>=0&&E<d?i(e[E]):y,y>=_&&a.push([_,y])}return a}function Do(e){return e==0?Bo:e==1?ze:t=>bn(t,e)}function ha(e){let t=e==0?rl:ll,n=e==0?(l,i,o,a,d,f)=>{l.arcTo(i,o,a,d,f)}:(l,i,o,a,d,f)=>{l.arcTo(o,i,d,a,f)},r=e==0?(l,i,o,a,d)=>{l.rect(i,o,a,d)}:(l,i,o,a,d)=>{l.rect(o,i,d,a)};return(l,i,o,a,d,f=0,g=0)=>{f==0&&g==0?r(l,i,o,a,d):(f=Pt(f,a/2,d/2),g=Pt(g,a/2,d/2),t(l,i+f,o),n(l,i+a,o,i+a,o+d,f),n(l,i+a,o+d,i,o+d,g),n(l,i,o+d,i,o,g),n(l,i,o,i+a,o,f),l.closePath())}}var rl=(e,t,n)=>{e.moveTo(t,n)},ll=(e,t,n)=>{e.moveTo(n,t)},rr=(e,t,n)=>{e.lineTo(t,n)},lr=(e,t,n)=>{e.lineTo(n,t)},il=ha(0),$i=ha(1),pa=(e,t,n,r,l,i)=>{e.arc(t,n,r,l,i)},ma=(e,t,n,r,l,i)=>{e.arc(n,t,r,l,i)},ga=(e,t,n,r,l,i,o)=>{e.bezierCurveTo(t,n,r,l,i,o)},_a=(e,t,n,r,l,i,o)=>{e.bezierCurveTo(n,t,l,r,o,i)};function xa(e){return(t,n,r,l,i)=>En(t,n,(o,a,d,f,g,m,x,_,y,k,T)=>{let{pxRound:E,points:b}=o,P,S;f.ori==0?(P=rl,S=pa):(P=ll,S=ma);let D=pe(b.width*se,3),C=(b.size-b.width)/2*se,q=pe(C*2,3),B=new Path2D,Z=new Path2D,{left:W,top:L,width:U,height:z}=t.bbox;il(Z,W-q,L-q,U+q*2,z+q*2);let Y=H=>{if(d[H]!=null){let te=E(m(a[H],f,k,_)),V=E(x(d[H],g,T,y));P(B,te+C,V),S(B,te,V,C,0,Yr*2)}};if(i)i.forEach(Y);else for(let H=r;H<=l;H++)Y(H);return{stroke:D>0?B:null,fill:B,clip:Z,flags:tr|hi}})}function wa(e){return(t,n,r,l,i,o)=>{r!=l&&(i!=r&&o!=r&&e(t,n,r),i!=l&&o!=l&&e(t,n,l),e(t,n,o))}}var Uf=wa(rr),Gf=wa(lr);function ya(e){let t=le(e?.alignGaps,0);return(n,r,l,i)=>En(n,r,(o,a,d,f,g,m,x,_,y,k,T)=>{[l,i]=Qr(d,l,i);let E=o.pxRound,b=z=>E(m(z,f,k,_)),P=z=>E(x(z,g,T,y)),S,D;f.ori==0?(S=rr,D=Uf):(S=lr,D=Gf);let C=f.dir*(f.ori==0?1:-1),q={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:tr},B=q.stroke,Z=!1;if(i-l>=k*4){let z=I=>n.posToVal(I,f.key,!0),Y=null,H=null,te,V,nt,ye=b(a[C==1?l:i]),ne=b(a[l]),ue=b(a[i]),Q=z(C==1?ne+1:ue-1);for(let I=C==1?l:i;I>=l&&I<=i;I+=C){let Le=a[I],ve=(C==1?Le<Q:Le>Q)?ye:b(Le),oe=d[I];ve==ye?oe!=null?(V=oe,Y==null?(S(B,ve,P(V)),te=Y=H=V):V<Y?Y=V:V>H&&(H=V)):oe===null&&(Z=!0):(Y!=null&&D(B,ye,P(Y),P(H),P(te),P(V)),oe!=null?(V=oe,S(B,ve,P(V)),Y=H=te=V):(Y=H=null,oe===null&&(Z=!0)),ye=ve,Q=z(ye+C))}Y!=null&&Y!=H&&nt!=ye&&D(B,ye,P(Y),P(H),P(te),P(V))}else for(let z=C==1?l:i;z>=l&&z<=i;z+=C){let Y=d[z];Y===null?Z=!0:Y!=null&&S(B,b(a[z]),P(Y))}let[L,U]=Ei(n,r);if(o.fill!=null||L!=0){let z=q.fill=new Path2D(B),Y=o.fillTo(n,r,o.min,o.max,L),H=P(Y),te=b(a[l]),V=b(a[i]);C==-1&&([V,te]=[te,V]),S(z,V,H),S(z,te,H)}if(!o.spanGaps){let z=[];Z&&z.push(...Ai(a,d,l,i,C,b,t)),q.gaps=z=o.gaps(n,r,l,i,z),q.clip=nl(z,f.ori,_,y,k,T)}return U!=0&&(q.band=U==2?[Gt(n,r,l,i,B,-1),Gt(n,r,l,i,B,1)]:Gt(n,r,l,i,B,U)),q})}function qf(e){let t=le(e.align,1),n=le(e.ascDesc,!1),r=le(e.alignGaps,0),l=le(e.extend,!1);return(i,o,a,d)=>En(i,o,(f,g,m,x,_,y,k,T,E,b,P)=>{[a,d]=Qr(m,a,d);let S=f.pxRound,{left:D,width:C}=i.bbox,q=ne=>S(y(ne,x,b,T)),B=ne=>S(k(ne,_,P,E)),Z=x.ori==0?rr:lr,W={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:tr},L=W.stroke,U=x.dir*(x.ori==0?1:-1),z=B(m[U==1?a:d]),Y=q(g[U==1?a:d]),H=Y,te=Y;l&&t==-1&&(te=D,Z(L,te,z)),Z(L,Y,z);for(let ne=U==1?a:d;ne>=a&&ne<=d;ne+=U){let ue=m[ne];if(ue==null)continue;let Q=q(g[ne]),I=B(ue);t==1?Z(L,Q,z):Z(L,H,I),Z(L,Q,I),z=I,H=Q}let V=H;l&&t==1&&(V=D+C,Z(L,V,z));let[nt,ye]=Ei(i,o);if(f.fill!=null||nt!=0){let ne=W.fill=new Path2D(L),ue=f.fillTo(i,o,f.min,f.max,nt),Q=B(ue);Z(ne,V,Q),Z(ne,te,Q)}if(!f.spanGaps){let ne=[];ne.push(...Ai(g,m,a,d,U,q,r));let ue=f.width*se/2,Q=n||t==1?ue:-ue,I=n||t==-1?-ue:ue;ne.forEach(Le=>{Le[0]+=Q,Le[1]+=I}),W.gaps=ne=f.gaps(i,o,a,d,ne),W.clip=nl(ne,x.ori,T,E,b,P)}return ye!=0&&(W.band=ye==2?[Gt(i,o,a,d,L,-1),Gt(i,o,a,d,L,1)]:Gt(i,o,a,d,L,ye)),W})}function Oo(e,t,n,r,l,i,o=he){if(e.length>1){let a=null;for(let d=0,f=1/0;d<e.length;d++)if(t[d]!==void 0){if(a!=null){let g=Re(e[d]-e[a]);g<f&&(f=g,o=Re(n(e[d],r,l,i)-n(e[a],r,l,i)))}a=d}}return o}function Yf(e){e=e||kr;let t=le(e.size,[.6,he,1]),n=e.align||0,r=e.gap||0,l=e.radius;l=l==null?[0,0]:typeof l=="number"?[l,0]:l;let i=ee(l),o=1-t[0],a=le(t[1],he),d=le(t[2],1),f=le(e.disp,kr),g=le(e.each,_=>{}),{fill:m,stroke:x}=f;return(_,y,k,T)=>En(_,y,(E,b,P,S,D,C,q,B,Z,W,L)=>{let U=E.pxRound,z=n,Y=r*se,H=a*se,te=d*se,V,nt;S.ori==0?[V,nt]=i(_,y):[nt,V]=i(_,y);let ye=S.dir*(S.ori==0?1:-1),ne=S.ori==0?il:$i,ue=S.ori==0?g:(F,me,Ce,Ln,un,Ct,fn)=>{g(F,me,Ce,un,Ln,fn,Ct)},Q=le(_.bands,bi).find(F=>F.series[0]==y),I=Q!=null?Q.dir:0,Le=E.fillTo(_,y,E.min,E.max,I),Ke=U(q(Le,D,L,Z)),ve,oe,kt,st=W,Me=U(E.width*se),Lt=!1,Vt=null,pt=null,Yt=null,An=null;m!=null&&(Me==0||x!=null)&&(Lt=!0,Vt=m.values(_,y,k,T),pt=new Map,new Set(Vt).forEach(F=>{F!=null&&pt.set(F,new Path2D)}),Me>0&&(Yt=x.values(_,y,k,T),An=new Map,new Set(Yt).forEach(F=>{F!=null&&An.set(F,new Path2D)})));let{x0:$n,size:sr}=f;if($n!=null&&sr!=null){z=1,b=$n.values(_,y,k,T),$n.unit==2&&(b=b.map(Ce=>_.posToVal(B+Ce*W,S.key,!0)));let F=sr.values(_,y,k,T);sr.unit==2?oe=F[0]*W:oe=C(F[0],S,W,B)-C(0,S,W,B),st=Oo(b,P,C,S,W,B,st),kt=st-oe+Y}else st=Oo(b,P,C,S,W,B,st),kt=st*o+Y,oe=st-kt;kt<1&&(kt=0),Me>=oe/2&&(Me=0),kt<5&&(U=Bo);let Tr=kt>0,an=st-kt-(Tr?Me:0);oe=U(ui(an,te,H)),ve=(z==0?oe/2:z==ye?0:oe)-z*ye*((z==0?Y/2:0)+(Tr?Me/2:0));let Ze={stroke:null,fill:null,clip:null,band:null,gaps:null,flags:0},Pn=Lt?null:new Path2D,Ht=null;if(Q!=null)Ht=_.data[Q.series[1]];else{let{y0:F,y1:me}=f;F!=null&&me!=null&&(P=me.values(_,y,k,T),Ht=F.values(_,y,k,T))}let cn=V*oe,J=nt*oe;for(let F=ye==1?k:T;F>=k&&F<=T;F+=ye){let me=P[F];if(me==null)continue;if(Ht!=null){let rt=Ht[F]??0;if(me-rt==0)continue;Ke=q(rt,D,L,Z)}let Ce=S.distr!=2||f!=null?b[F]:F,Ln=C(Ce,S,W,B),un=q(le(me,Le),D,L,Z),Ct=U(Ln-ve),fn=U(et(un,Ke)),ot=U(Pt(un,Ke)),mt=fn-ot;if(me!=null){let rt=me<0?J:cn,St=me<0?cn:J;Lt?(Me>0&&Yt[F]!=null&&ne(An.get(Yt[F]),Ct,ot+dt(Me/2),oe,et(0,mt-Me),rt,St),Vt[F]!=null&&ne(pt.get(Vt[F]),Ct,ot+dt(Me/2),oe,et(0,mt-Me),rt,St)):ne(Pn,Ct,ot+dt(Me/2),oe,et(0,mt-Me),rt,St),ue(_,y,F,Ct-Me/2,ot,oe+Me,mt)}}return Me>0?Ze.stroke=Lt?An:Pn:Lt||(Ze._fill=E.width==0?E._fill:E._stroke??E._fill,Ze.width=0),Ze.fill=Lt?pt:Pn,Ze})}function Kf(e,t){let n=le(t?.alignGaps,0);return(r,l,i,o)=>En(r,l,(a,d,f,g,m,x,_,y,k,T,E)=>{[i,o]=Qr(f,i,o);let b=a.pxRound,P=V=>b(x(V,g,T,y)),S=V=>b(_(V,m,E,k)),D,C,q;g.ori==0?(D=rl,q=rr,C=ga):(D=ll,q=lr,C=_a);let B=g.dir*(g.ori==0?1:-1),Z=P(d[B==1?i:o]),W=Z,L=[],U=[];for(let V=B==1?i:o;V>=i&&V<=o;V+=B)if(f[V]!=null){let ye=d[V],ne=P(ye);L.push(W=ne),U.push(S(f[V]))}let z={stroke:e(L,U,D,q,C,b),fill:null,clip:null,band:null,gaps:null,flags:tr},Y=z.stroke,[H,te]=Ei(r,l);if(a.fill!=null||H!=0){let V=z.fill=new Path2D(Y),nt=a.fillTo(r,l,a.min,a.max,H),ye=S(nt);q(V,W,ye),q(V,Z,ye)}if(!a.spanGaps){let V=[];V.push(...Ai(d,f,i,o,B,P,n)),z.gaps=V=a.gaps(r,l,i,o,V),z.clip=nl(V,g.ori,y,k,T,E)}return te!=0&&(z.band=te==2?[Gt(r,l,i,o,Y,-1),Gt(r,l,i,o,Y,1)]:Gt(r,l,i,o,Y,te)),z})}function Zf(e){return Kf(Jf,e)}function Jf(e,t,n,r,l,i){let o=e.length;if(o<2)return null;let a=new Path2D;if(n(a,e[0],t[0]),o==2)r(a,e[1],t[1]);else{let d=Array(o),f=Array(o-1),g=Array(o-1),m=Array(o-1);for(let x=0;x<o-1;x++)g[x]=t[x+1]-t[x],m[x]=e[x+1]-e[x],f[x]=g[x]/m[x];d[0]=f[0];for(let x=1;x<o-1;x++)f[x]===0||f[x-1]===0||f[x-1]>0!=f[x]>0?d[x]=0:(d[x]=3*(m[x-1]+m[x])/((2*m[x]+m[x-1])/f[x-1]+(m[x]+2*m[x-1])/f[x]),isFinite(d[x])||(d[x]=0));d[o-1]=f[o-2];for(let x=0;x<o-1;x++)l(a,e[x]+m[x]/3,t[x]+d[x]*m[x]/3,e[x+1]-m[x]/3,t[x+1]-d[x+1]*m[x]/3,e[x+1],t[x+1])}return a}var pi=new Set;function zo(){for(let e of pi)e.syncRect(!0)}nr&&(Mn(Pu,Jn,zo),Mn(Lu,Jn,zo,!0),Mn(Kr,Jn,()=>{qe.pxRatio=se}));var Qf=ya(),Xf=xa();function Ro(e,t,n,r){return(r?[e[0],e[1]].concat(e.slice(2)):[e[0]].concat(e.slice(1))).map((i,o)=>mi(i,o,t,n))}function ed(e,t){return e.map((n,r)=>r==0?{}:Pe({},t,n))}function mi(e,t,n,r){return Pe({},t==0?n:r,e)}function va(e,t,n){return t==null?Xn:[t,n]}var td=va;function nd(e,t,n){return t==null?Xn:Zr(t,n,yi,!0)}function ba(e,t,n,r){return t==null?Xn:Xr(t,n,e.scales[r].log,!1)}var rd=ba;function ka(e,t,n,r){return t==null?Xn:wi(t,n,e.scales[r].log,!1)}var ld=ka;function id(e,t,n,r,l){let i=et(po(e),po(t)),o=t-e,a=$t(l/r*o,n);do{let d=n[a],f=r*d/o;if(f>=l&&i+(d<5?on.get(d):0)<=17)return[d,f]}while(++a<n.length);return[0,0]}function Fo(e){let t,n;return e=e.replace(/(\d+)px/,(r,l)=>(t=ze((n=+l)*se))+"px"),[e,t,n]}function sd(e){e.show&&[e.font,e.labelFont].forEach(t=>{let n=pe(t[2]*se,1);t[0]=t[0].replace(/[0-9.]+px/,n+"px"),t[1]=n})}function qe(e,t,n){let r={mode:le(e.mode,1)},l=r.mode;function i(s,u,h,p){let w=u.valToPct(s);return p+h*(u.dir==-1?1-w:w)}function o(s,u,h,p){let w=u.valToPct(s);return p+h*(u.dir==-1?w:1-w)}function a(s,u,h,p){return u.ori==0?i(s,u,h,p):o(s,u,h,p)}r.valToPosH=i,r.valToPosV=o;let d=!1;r.status=0;let f=r.root=vt(du);if(e.id!=null&&(f.id=e.id),ft(f,e.class),e.title){let s=vt(mu,f);s.textContent=e.title}let g=At("canvas"),m=r.ctx=g.getContext("2d"),x=vt(gu,f);Mn("click",x,s=>{s.target===y&&(ge!=Hn||be!=Bn)&&Ge.click(r,s)},!0);let _=r.under=vt(_u,x);x.appendChild(g);let y=r.over=vt(xu,x);e=er(e);let k=+le(e.pxAlign,1),T=Do(k);(e.plugins||[]).forEach(s=>{s.opts&&(e=s.opts(r,e)||e)});let E=e.ms||.001,b=r.series=l==1?Ro(e.series||[],To,Lo,!1):ed(e.series||[null],Po),P=r.axes=Ro(e.axes||[],Mo,Ao,!0),S=r.scales={},D=r.bands=e.bands||[];D.forEach(s=>{s.fill=ee(s.fill||null),s.dir=le(s.dir,-1)});let C=l==2?b[1].facets[0].scale:b[0].scale,q={axes:$c,series:Sc},B=(e.drawOrder||["axes","series"]).map(s=>q[s]);function Z(s){let u=s.distr==3?h=>Ut(h>0?h:s.clamp(r,h,s.min,s.max,s.key)):s.distr==4?h=>ni(h,s.asinh):s.distr==100?h=>s.fwd(h):h=>h;return h=>{let p=u(h),{_min:w,_max:v}=s,M=v-w;return(p-w)/M}}function W(s){let u=S[s];if(u==null){let h=(e.scales||kr)[s]||kr;if(h.from!=null){W(h.from);let p=Pe({},S[h.from],h,{key:s});p.valToPct=Z(p),S[s]=p}else{u=S[s]=Pe({},s==C?fa:Hf,h),u.key=s;let p=u.time,w=u.range,v=sn(w);if((s!=C||l==2&&!p)&&(v&&(w[0]==null||w[1]==null)&&(w={min:w[0]==null?uo:{mode:1,hard:w[0],soft:w[0]},max:w[1]==null?uo:{mode:1,hard:w[1],soft:w[1]}},v=!1),!v&&tl(w))){let M=w;w=(A,$,O)=>$==null?Xn:Zr($,O,M)}u.range=ee(w||(p?td:s==C?u.distr==3?rd:u.distr==4?ld:va:u.distr==3?ba:u.distr==4?ka:nd)),u.auto=ee(v?!1:u.auto),u.clamp=ee(u.clamp||Vf),u._min=u._max=null,u.valToPct=Z(u)}}}W("x"),W("y"),l==1&&b.forEach(s=>{W(s.scale)}),P.forEach(s=>{W(s.scale)});for(let s in e.scales)W(s);let L=S[C],U=L.distr,z,Y;L.ori==0?(ft(f,hu),z=i,Y=o):(ft(f,pu),z=o,Y=i);let H={};for(let s in S){let u=S[s];(u.min!=null||u.max!=null)&&(H[s]={min:u.min,max:u.max},u.min=u.max=null)}let te=e.tzDate||(s=>new Date(ze(s/E))),V=e.fmtDate||ki,nt=E==1?pf(te):_f(te),ye=bo(te,vo(E==1?hf:gf,V)),ne=So(te,ko(wf,V)),ue=[],Q=r.legend=Pe({},bf,e.legend),I=r.cursor=Pe({},Af,{drag:{y:l==2}},e.cursor),Le=Q.show,Ke=I.show,ve=Q.markers;Q.idxs=ue,ve.width=ee(ve.width),ve.dash=ee(ve.dash),ve.stroke=ee(ve.stroke),ve.fill=ee(ve.fill);let oe,kt,st,Me=[],Lt=[],Vt,pt=!1,Yt={};if(Q.live){let s=b[1]?b[1].values:null;pt=s!=null,Vt=pt?s(r,1,0):{_:0};for(let u in Vt)Yt[u]=_i}if(Le)if(oe=At("table",Su,f),st=At("tbody",null,oe),Q.mount(r,oe),pt){kt=At("thead",null,oe,st);let s=At("tr",null,kt);At("th",null,s);for(var An in Vt)At("th",Js,s).textContent=An}else ft(oe,Tu),Q.live&&ft(oe,Mu);let $n={show:!0},sr={show:!1};function Tr(s,u){if(u==0&&(pt||!Q.live||l==2))return Xn;let h=[],p=At("tr",Eu,st,st.childNodes[u]);ft(p,s.class),s.show||ft(p,Sn);let w=At("th",null,p);if(ve.show){let A=vt(Au,w);if(u>0){let $=ve.width(r,u);$&&(A.style.border=$+"px "+ve.dash(r,u)+" "+ve.stroke(r,u)),A.style.background=ve.fill(r,u)}}let v=vt(Js,w);s.label instanceof HTMLElement?v.appendChild(s.label):v.textContent=s.label,u>0&&(ve.show||(v.style.color=s.width>0?ve.stroke(r,u):ve.fill(r,u)),Ze("click",w,A=>{if(I._lock)return;hn(A);let $=b.indexOf(s);if((A.ctrlKey||A.metaKey)!=Q.isolate){let O=b.some((R,N)=>N>0&&N!=$&&R.show);b.forEach((R,N)=>{N>0&&Ot(N,O?N==$?$n:sr:$n,!0,Ae.setSeries)})}else Ot($,{show:!s.show},!0,Ae.setSeries)},!1),Dn&&Ze(to,w,A=>{I._lock||(hn(A),Ot(b.indexOf(s),Un,!0,Ae.setSeries))},!1));for(var M in Vt){let A=At("td",$u,p);A.textContent="--",h.push(A)}return[p,h]}let an=new Map;function Ze(s,u,h,p=!0){let w=an.get(u)||{},v=I.bind[s](r,u,h,p);v&&(Mn(s,u,w[s]=v),an.set(u,w))}function Pn(s,u,h){let p=an.get(u)||{};for(let w in p)(s==null||w==s)&&(ci(w,u,p[w]),delete p[w]);s==null&&an.delete(u)}let Ht=0,cn=0,J=0,F=0,me=0,Ce=0,Ln=me,un=Ce,Ct=J,fn=F,ot=0,mt=0,rt=0,St=0;r.bbox={};let dl=!1,Er=!1,Cn=!1,dn=!1,Ar=!1,gt=!1;function hl(s,u,h){(h||s!=r.width||u!=r.height)&&Gi(s,u),Nn(!1),Cn=!0,Er=!0,In()}function Gi(s,u){r.width=Ht=J=s,r.height=cn=F=u,me=Ce=0,_c(),xc();let h=r.bbox;ot=h.left=bn(me*se,.5),mt=h.top=bn(Ce*se,.5),rt=h.width=bn(J*se,.5),St=h.height=bn(F*se,.5)}let pc=3;function mc(){let s=!1,u=0;for(;!s;){u++;let h=Ec(u),p=Ac(u);s=u==pc||h&&p,s||(Gi(r.width,r.height),Er=!0)}}function gc({width:s,height:u}){hl(s,u)}r.setSize=gc;function _c(){let s=!1,u=!1,h=!1,p=!1;P.forEach((w,v)=>{if(w.show&&w._show){let{side:M,_size:A}=w,$=M%2,O=w.label!=null?w.labelSize:0,R=A+O;R>0&&($?(J-=R,M==3?(me+=R,p=!0):h=!0):(F-=R,M==0?(Ce+=R,s=!0):u=!0))}}),pn[0]=s,pn[1]=h,pn[2]=u,pn[3]=p,J-=Kt[1]+Kt[3],me+=Kt[3],F-=Kt[2]+Kt[0],Ce+=Kt[0]}function xc(){let s=me+J,u=Ce+F,h=me,p=Ce;function w(v,M){switch(v){case 1:return s+=M,s-M;case 2:return u+=M,u-M;case 3:return h-=M,h+M;case 0:return p-=M,p+M}}P.forEach((v,M)=>{if(v.show&&v._show){let A=v.side;v._pos=w(A,v._size),v.label!=null&&(v._lpos=w(A,v.labelSize))}})}if(I.dataIdx==null){let s=I.hover,u=s.skip=new Set(s.skip??[]);u.add(void 0);let h=s.prox=ee(s.prox),p=s.bias??=0;I.dataIdx=(w,v,M,A)=>{if(v==0)return M;let $=M,O=h(w,v,M,A)??he,R=O>=0&&O<he,N=L.ori==0?J:F,K=I.left,ie=t[0],re=t[v];if(u.has(re[M])){$=null;let X=null,G=null,j;if(p==0||p==-1)for(j=M;X==null&&j-- >0;)u.has(re[j])||(X=j);if(p==0||p==1)for(j=M;G==null&&j++<re.length;)u.has(re[j])||(G=j);if(X!=null||G!=null)if(R){let xe=X==null?-1/0:z(ie[X],L,N,0),Te=G==null?1/0:z(ie[G],L,N,0),Be=K-xe,fe=Te-K;Be<=fe?Be<=O&&($=X):fe<=O&&($=G)}else $=G==null?X:X==null?G:M-X<=G-M?X:G}else R&&Re(K-z(ie[M],L,N,0))>O&&($=null);return $}}let hn=s=>{I.event=s};I.idxs=ue,I._lock=!1;let Ye=I.points;Ye.show=ee(Ye.show),Ye.size=ee(Ye.size),Ye.stroke=ee(Ye.stroke),Ye.width=ee(Ye.width),Ye.fill=ee(Ye.fill);let Dt=r.focus=Pe({},e.focus||{alpha:.3},I.focus),Dn=Dt.prox>=0,On=Dn&&Ye.one,_t=[],zn=[],Rn=[];function qi(s,u){let h=Ye.show(r,u);if(h instanceof HTMLElement)return ft(h,ku),ft(h,s.class),jt(h,-10,-10,J,F),y.insertBefore(h,_t[u]),h}function Yi(s,u){if(l==1||u>0){let h=l==1&&S[s.scale].time,p=s.value;s.value=h?_o(p)?So(te,ko(p,V)):p||ne:p||Nf,s.label=s.label||(h?Pf:$f)}if(On||u>0){s.width=s.width==null?1:s.width,s.paths=s.paths||Qf||Vu,s.fillTo=ee(s.fillTo||Bf),s.pxAlign=+le(s.pxAlign,k),s.pxRound=Do(s.pxAlign),s.stroke=ee(s.stroke||null),s.fill=ee(s.fill||null),s._stroke=s._fill=s._paths=s._focus=null;let h=If(et(1,s.width),1),p=s.points=Pe({},{size:h,width:et(1,h*.2),stroke:s.stroke,space:h*2,paths:Xf,_stroke:null,_fill:null},s.points);p.show=ee(p.show),p.filter=ee(p.filter),p.fill=ee(p.fill),p.stroke=ee(p.stroke),p.paths=ee(p.paths),p.pxAlign=s.pxAlign}if(Le){let h=Tr(s,u);Me.splice(u,0,h[0]),Lt.splice(u,0,h[1]),Q.values.push(null)}if(Ke){ue.splice(u,0,null);let h=null;On?u==0&&(h=qi(s,u)):u>0&&(h=qi(s,u)),_t.splice(u,0,h),zn.splice(u,0,0),Rn.splice(u,0,0)}He("addSeries",u)}function wc(s,u){u=u??b.length,s=l==1?mi(s,u,To,Lo):mi(s,u,{},Po),b.splice(u,0,s),Yi(b[u],u)}r.addSeries=wc;function yc(s){if(b.splice(s,1),Le){Q.values.splice(s,1),Lt.splice(s,1);let u=Me.splice(s,1)[0];Pn(null,u.firstChild),u.remove()}Ke&&(ue.splice(s,1),_t.splice(s,1)[0].remove(),zn.splice(s,1),Rn.splice(s,1)),He("delSeries",s)}r.delSeries=yc;let pn=[!1,!1,!1,!1];function vc(s,u){if(s._show=s.show,s.show){let h=s.side%2,p=S[s.scale];p==null&&(s.scale=h?b[1].scale:C,p=S[s.scale]);let w=p.time;s.size=ee(s.size),s.space=ee(s.space),s.rotate=ee(s.rotate),sn(s.incrs)&&s.incrs.forEach(M=>{!on.has(M)&&on.set(M,Go(M))}),s.incrs=ee(s.incrs||(p.distr==2?uf:w?E==1?df:mf:kn)),s.splits=ee(s.splits||(w&&p.distr==1?nt:p.distr==3?fi:p.distr==4?Df:Cf)),s.stroke=ee(s.stroke),s.grid.stroke=ee(s.grid.stroke),s.ticks.stroke=ee(s.ticks.stroke),s.border.stroke=ee(s.border.stroke);let v=s.values;s.values=sn(v)&&!sn(v[0])?ee(v):w?sn(v)?bo(te,vo(v,V)):_o(v)?xf(te,v):v||ye:v||Lf,s.filter=ee(s.filter||(p.distr>=3&&p.log==10?Rf:p.distr==3&&p.log==2?Ff:Wo)),s.font=Fo(s.font),s.labelFont=Fo(s.labelFont),s._size=s.size(r,null,u,0),s._space=s._rotate=s._incrs=s._found=s._splits=s._values=null,s._size>0&&(pn[u]=!0,s._el=vt(wu,x))}}function or(s,u,h,p){let[w,v,M,A]=h,$=u%2,O=0;return $==0&&(A||v)&&(O=u==0&&!w||u==2&&!M?ze(Mo.size/3):0),$==1&&(w||M)&&(O=u==1&&!v||u==3&&!A?ze(Ao.size/2):0),O}let Ki=r.padding=(e.padding||[or,or,or,or]).map(s=>ee(le(s,or))),Kt=r._padding=Ki.map((s,u)=>s(r,u,pn,0)),Ue,Ne=null,Ie=null,$r=l==1?b[0].idxs:null,Mt=null,ar=!1;function Zi(s,u){if(t=s??[],r.data=r._data=t,l==2){Ue=0;for(let h=1;h<b.length;h++)Ue+=t[h][0].length}else{t.length==0&&(r.data=r._data=t=[[]]),Mt=t[0],Ue=Mt.length;let h=t;if(U==2){h=t.slice();let p=h[0]=Array(Ue);for(let w=0;w<Ue;w++)p[w]=w}r._data=t=h}if(Nn(!0),He("setData"),U==2&&(Cn=!0),u!==!1){let h=L;h.auto(r,ar)?pl():Jt(C,h.min,h.max),dn=dn||I.left>=0,gt=!0,In()}}r.setData=Zi;function pl(){ar=!0;let s,u;l==1&&(Ue>0?(Ne=$r[0]=0,Ie=$r[1]=Ue-1,s=t[0][Ne],u=t[0][Ie],U==2?(s=Ne,u=Ie):s==u&&(U==3?[s,u]=Xr(s,s,L.log,!1):U==4?[s,u]=wi(s,s,L.log,!1):L.time?u=s+ze(86400/E):[s,u]=Zr(s,u,yi,!0))):(Ne=$r[0]=s=null,Ie=$r[1]=u=null)),Jt(C,s,u)}let Pr,Fn,ml,gl,_l,xl,wl,yl,vl,lt;function Ji(s,u,h,p,w,v){s??=Xs,h??=bi,p??="butt",w??=Xs,v??="round",s!=Pr&&(m.strokeStyle=Pr=s),w!=Fn&&(m.fillStyle=Fn=w),u!=ml&&(m.lineWidth=ml=u),v!=_l&&(m.lineJoin=_l=v),p!=xl&&(m.lineCap=xl=p),h!=gl&&m.setLineDash(gl=h)}function Qi(s,u,h,p){u!=Fn&&(m.fillStyle=Fn=u),s!=wl&&(m.font=wl=s),h!=yl&&(m.textAlign=yl=h),p!=vl&&(m.textBaseline=vl=p)}function bl(s,u,h,p,w=0){if(p.length>0&&s.auto(r,ar)&&(u==null||u.min==null)){let v=le(Ne,0),M=le(Ie,p.length-1),A=h.min==null?zu(p,v,M,w,s.distr==3):[h.min,h.max];s.min=Pt(s.min,h.min=A[0]),s.max=et(s.max,h.max=A[1])}}let Xi={min:null,max:null};function bc(){for(let p in S){let w=S[p];H[p]==null&&(w.min==null||H[C]!=null&&w.auto(r,ar))&&(H[p]=Xi)}for(let p in S){let w=S[p];H[p]==null&&w.from!=null&&H[w.from]!=null&&(H[p]=Xi)}H[C]!=null&&Nn(!0);let s={};for(let p in H){let w=H[p];if(w!=null){let v=s[p]=er(S[p],Wu);if(w.min!=null)Pe(v,w);else if(p!=C||l==2)if(Ue==0&&v.from==null){let M=v.range(r,null,null,p);v.min=M[0],v.max=M[1]}else v.min=he,v.max=-he}}if(Ue>0){b.forEach((p,w)=>{if(l==1){let v=p.scale,M=H[v];if(M==null)return;let A=s[v];if(w==0){let $=A.range(r,A.min,A.max,v);A.min=$[0],A.max=$[1],Ne=$t(A.min,t[0]),Ie=$t(A.max,t[0]),Ie-Ne>1&&(t[0][Ne]<A.min&&Ne++,t[0][Ie]>A.max&&Ie--),p.min=Mt[Ne],p.max=Mt[Ie]}else p.show&&p.auto&&bl(A,M,p,t[w],p.sorted);p.idxs[0]=Ne,p.idxs[1]=Ie}else if(w>0&&p.show&&p.auto){let[v,M]=p.facets,A=v.scale,$=M.scale,[O,R]=t[w],N=s[A],K=s[$];N!=null&&bl(N,H[A],v,O,v.sorted),K!=null&&bl(K,H[$],M,R,M.sorted),p.min=M.min,p.max=M.max}});for(let p in s){let w=s[p],v=H[p];if(w.from==null&&(v==null||v.min==null)){let M=w.range(r,w.min==he?null:w.min,w.max==-he?null:w.max,p);w.min=M[0],w.max=M[1]}}}for(let p in s){let w=s[p];if(w.from!=null){let v=s[w.from];if(v.min==null)w.min=w.max=null;else{let M=w.range(r,v.min,v.max,p);w.min=M[0],w.max=M[1]}}}let u={},h=!1;for(let p in s){let w=s[p],v=S[p];if(v.min!=w.min||v.max!=w.max){v.min=w.min,v.max=w.max;let M=v.distr;v._min=M==3?Ut(v.min):M==4?ni(v.min,v.asinh):M==100?v.fwd(v.min):v.min,v._max=M==3?Ut(v.max):M==4?ni(v.max,v.asinh):M==100?v.fwd(v.max):v.max,u[p]=h=!0}}if(h){b.forEach((p,w)=>{l==2?w>0&&u.y&&(p._paths=null):u[p.scale]&&(p._paths=null)});for(let p in u)Cn=!0,He("setScale",p);Ke&&I.left>=0&&(dn=gt=!0)}for(let p in H)H[p]=null}function kc(s){let u=ui(Ne-1,0,Ue-1),h=ui(Ie+1,0,Ue-1);for(;s[u]==null&&u>0;)u--;for(;s[h]==null&&h<Ue-1;)h++;return[u,h]}function Sc(){if(Ue>0){let s=b.some(u=>u._focus)&&lt!=Dt.alpha;s&&(m.globalAlpha=lt=Dt.alpha),b.forEach((u,h)=>{if(h>0&&u.show&&(es(h,!1),es(h,!0),u._paths==null)){let p=lt;lt!=u.alpha&&(m.globalAlpha=lt=u.alpha);let w=l==2?[0,t[h][0].length-1]:kc(t[h]);u._paths=u.paths(r,h,w[0],w[1]),lt!=p&&(m.globalAlpha=lt=p)}}),b.forEach((u,h)=>{if(h>0&&u.show){let p=lt;lt!=u.alpha&&(m.globalAlpha=lt=u.alpha),u._paths!=null&&ts(h,!1);{let w=u._paths!=null?u._paths.gaps:null,v=u.points.show(r,h,Ne,Ie,w),M=u.points.filter(r,h,v,w);(v||M)&&(u.points._paths=u.points.paths(r,h,Ne,Ie,M),ts(h,!0))}lt!=p&&(m.globalAlpha=lt=p),He("drawSeries",h)}}),s&&(m.globalAlpha=lt=1)}}function es(s,u){let h=u?b[s].points:b[s];h._stroke=h.stroke(r,s),h._fill=h.fill(r,s)}function ts(s,u){let h=u?b[s].points:b[s],{stroke:p,fill:w,clip:v,flags:M,_stroke:A=h._stroke,_fill:$=h._fill,_width:O=h.width}=h._paths;O=pe(O*se,3);let R=null,N=O%2/2;u&&$==null&&($=O>0?"#fff":A);let K=h.pxAlign==1&&N>0;if(K&&m.translate(N,N),!u){let ie=ot-O/2,re=mt-O/2,X=rt+O,G=St+O;R=new Path2D,R.rect(ie,re,X,G)}u?kl(A,O,h.dash,h.cap,$,p,w,M,v):Mc(s,A,O,h.dash,h.cap,$,p,w,M,R,v),K&&m.translate(-N,-N)}function Mc(s,u,h,p,w,v,M,A,$,O,R){let N=!1;$!=0&&D.forEach((K,ie)=>{if(K.series[0]==s){let re=b[K.series[1]],X=t[K.series[1]],G=(re._paths||kr).band;sn(G)&&(G=K.dir==1?G[0]:G[1]);let j,xe=null;re.show&&G&&Fu(X,Ne,Ie)?(xe=K.fill(r,ie)||v,j=re._paths.clip):G=null,kl(u,h,p,w,xe,M,A,$,O,R,j,G),N=!0}}),N||kl(u,h,p,w,v,M,A,$,O,R)}let ns=tr|hi;function kl(s,u,h,p,w,v,M,A,$,O,R,N){Ji(s,u,h,p,w),($||O||N)&&(m.save(),$&&m.clip($),O&&m.clip(O)),N?(A&ns)==ns?(m.clip(N),R&&m.clip(R),Cr(w,M),Lr(s,v,u)):A&hi?(Cr(w,M),m.clip(N),Lr(s,v,u)):A&tr&&(m.save(),m.clip(N),R&&m.clip(R),Cr(w,M),m.restore(),Lr(s,v,u)):(Cr(w,M),Lr(s,v,u)),($||O||N)&&m.restore()}function Lr(s,u,h){h>0&&(u instanceof Map?u.forEach((p,w)=>{m.strokeStyle=Pr=w,m.stroke(p)}):u!=null&&s&&m.stroke(u))}function Cr(s,u){u instanceof Map?u.forEach((h,p)=>{m.fillStyle=Fn=p,m.fill(h)}):u!=null&&s&&m.fill(u)}function Tc(s,u,h,p){let w=P[s],v;if(p<=0)v=[0,0];else{let M=w._space=w.space(r,s,u,h,p),A=w._incrs=w.incrs(r,s,u,h,p,M);v=id(u,h,A,p,M)}return w._found=v}function Sl(s,u,h,p,w,v,M,A,$,O){let R=M%2/2;k==1&&m.translate(R,R),Ji(A,M,$,O,A),m.beginPath();let N,K,ie,re,X=w+(p==0||p==3?-v:v);h==0?(K=w,re=X):(N=w,ie=X);for(let G=0;G<s.length;G++)u[G]!=null&&(h==0?N=ie=s[G]:K=re=s[G],m.moveTo(N,K),m.lineTo(ie,re));m.stroke(),k==1&&m.translate(-R,-R)}function Ec(s){let u=!0;return P.forEach((h,p)=>{if(!h.show)return;let w=S[h.scale];if(w.min==null){h._show&&(u=!1,h._show=!1,Nn(!1));return}else h._show||(u=!1,h._show=!0,Nn(!1));let v=h.side,M=v%2,{min:A,max:$}=w,[O,R]=Tc(p,A,$,M==0?J:F);if(R==0)return;let N=w.distr==2,K=h._splits=h.splits(r,p,A,$,O,R,N),ie=w.distr==2?K.map(j=>Mt[j]):K,re=w.distr==2?Mt[K[1]]-Mt[K[0]]:O,X=h._values=h.values(r,h.filter(r,ie,p,R,re),p,R,re);h._rotate=v==2?h.rotate(r,X,p,R):0;let G=h._size;h._size=bt(h.size(r,X,p,s)),G!=null&&h._size!=G&&(u=!1)}),u}function Ac(s){let u=!0;return Ki.forEach((h,p)=>{let w=h(r,p,pn,s);w!=Kt[p]&&(u=!1),Kt[p]=w}),u}function $c(){for(let s=0;s<P.length;s++){let u=P[s];if(!u.show||!u._show)continue;let h=u.side,p=h%2,w,v,M=u.stroke(r,s),A=h==0||h==3?-1:1,[$,O]=u._found;if(u.label!=null){let Qe=u.labelGap*A,ut=ze((u._lpos+Qe)*se);Qi(u.labelFont[0],M,"center",h==2?_r:Qs),m.save(),p==1?(w=v=0,m.translate(ut,ze(mt+St/2)),m.rotate((h==3?-Yr:Yr)/2)):(w=ze(ot+rt/2),v=ut);let _n=Ho(u.label)?u.label(r,s,$,O):u.label;m.fillText(_n,w,v),m.restore()}if(O==0)continue;let R=S[u.scale],N=p==0?rt:St,K=p==0?ot:mt,ie=u._splits,re=R.distr==2?ie.map(Qe=>Mt[Qe]):ie,X=R.distr==2?Mt[ie[1]]-Mt[ie[0]]:$,G=u.ticks,j=u.border,xe=G.show?G.size:0,Te=ze(xe*se),Be=ze((u.alignTo==2?u._size-xe-u.gap:u.gap)*se),fe=u._rotate*-Yr/180,Ee=T(u._pos*se),at=(Te+Be)*A,Je=Ee+at;v=p==0?Je:0,w=p==1?Je:0;let xt=u.font[0],Tt=u.align==1?Kn:u.align==2?Xl:fe>0?Kn:fe<0?Xl:p==0?"center":h==3?Xl:Kn,Rt=fe||p==1?"middle":h==2?_r:Qs;Qi(xt,M,Tt,Rt);let ct=u.font[1]*u.lineGap,wt=ie.map(Qe=>T(a(Qe,R,N,K))),Et=u._values;for(let Qe=0;Qe<Et.length;Qe++){let ut=Et[Qe];if(ut!=null){p==0?w=wt[Qe]:v=wt[Qe],ut=""+ut;let _n=ut.indexOf(`
`)==-1?[ut]:ut.split(/\n/gm);for(let Xe=0;Xe<_n.length;Xe++){let vs=_n[Xe];fe?(m.save(),m.translate(w,v+Xe*ct),m.rotate(fe),m.fillText(vs,0,0),m.restore()):m.fillText(vs,w,v+Xe*ct)}}}G.show&&Sl(wt,G.filter(r,re,s,O,X),p,h,Ee,Te,pe(G.width*se,3),G.stroke(r,s),G.dash,G.cap);let Ft=u.grid;Ft.show&&Sl(wt,Ft.filter(r,re,s,O,X),p,p==0?2:1,p==0?mt:ot,p==0?St:rt,pe(Ft.width*se,3),Ft.stroke(r,s),Ft.dash,Ft.cap),j.show&&Sl([Ee],[1],p==0?1:0,p==0?1:2,p==1?mt:ot,p==1?St:rt,pe(j.width*se,3),j.stroke(r,s),j.dash,j.cap)}He("drawAxes")}function Nn(s){b.forEach((u,h)=>{h>0&&(u._paths=null,s&&(l==1?(u.min=null,u.max=null):u.facets.forEach(p=>{p.min=null,p.max=null})))})}let Dr=!1,Ml=!1,cr=[];function Pc(){Ml=!1;for(let s=0;s<cr.length;s++)He(...cr[s]);cr.length=0}function In(){Dr||(Ju(rs),Dr=!0)}function Lc(s,u=!1){Dr=!0,Ml=u,s(r),rs(),u&&cr.length>0&&queueMicrotask(Pc)}r.batch=Lc;function rs(){if(dl&&(bc(),dl=!1),Cn&&(mc(),Cn=!1),Er){if(we(_,Kn,me),we(_,_r,Ce),we(_,wr,J),we(_,yr,F),we(y,Kn,me),we(y,_r,Ce),we(y,wr,J),we(y,yr,F),we(x,wr,Ht),we(x,yr,cn),g.width=ze(Ht*se),g.height=ze(cn*se),P.forEach(({_el:s,_show:u,_size:h,_pos:p,side:w})=>{if(s!=null)if(u){let v=w===3||w===0?h:0,M=w%2==1;we(s,M?"left":"top",p-v),we(s,M?"width":"height",h),we(s,M?"top":"left",M?Ce:me),we(s,M?"height":"width",M?F:J),ai(s,Sn)}else ft(s,Sn)}),Pr=Fn=ml=_l=xl=wl=yl=vl=gl=null,lt=1,dr(!0),me!=Ln||Ce!=un||J!=Ct||F!=fn){Nn(!1);let s=J/Ct,u=F/fn;if(Ke&&!dn&&I.left>=0){I.left*=s,I.top*=u,jn&&jt(jn,ze(I.left),0,J,F),Vn&&jt(Vn,0,ze(I.top),J,F);for(let h=0;h<_t.length;h++){let p=_t[h];p!=null&&(zn[h]*=s,Rn[h]*=u,jt(p,bt(zn[h]),bt(Rn[h]),J,F))}}if(_e.show&&!Ar&&_e.left>=0&&_e.width>0){_e.left*=s,_e.width*=s,_e.top*=u,_e.height*=u;for(let h in Ll)we(Wn,h,_e[h])}Ln=me,un=Ce,Ct=J,fn=F}He("setSize"),Er=!1}Ht>0&&cn>0&&(m.clearRect(0,0,g.width,g.height),He("drawClear"),B.forEach(s=>s()),He("draw")),_e.show&&Ar&&(Or(_e),Ar=!1),Ke&&dn&&(gn(null,!0,!1),dn=!1),Q.show&&Q.live&&gt&&($l(),gt=!1),d||(d=!0,r.status=1,He("ready")),ar=!1,Dr=!1}r.redraw=(s,u)=>{Cn=u||!1,s!==!1?Jt(C,L.min,L.max):In()};function Tl(s,u){let h=S[s];if(h.from==null){if(Ue==0){let p=h.range(r,u.min,u.max,s);u.min=p[0],u.max=p[1]}if(u.min>u.max){let p=u.min;u.min=u.max,u.max=p}if(Ue>1&&u.min!=null&&u.max!=null&&u.max-u.min<1e-16)return;s==C&&h.distr==2&&Ue>0&&(u.min=$t(u.min,t[0]),u.max=$t(u.max,t[0]),u.min==u.max&&u.max++),H[s]=u,dl=!0,In()}}r.setScale=Tl;let El,Al,jn,Vn,ls,is,Hn,Bn,ss,os,ge,be,Zt=!1,Ge=I.drag,je=Ge.x,Ve=Ge.y;Ke&&(I.x&&(El=vt(vu,y)),I.y&&(Al=vt(bu,y)),L.ori==0?(jn=El,Vn=Al):(jn=Al,Vn=El),ge=I.left,be=I.top);let _e=r.select=Pe({show:!0,over:!0,left:0,width:0,top:0,height:0},e.select),Wn=_e.show?vt(yu,_e.over?y:_):null;function Or(s,u){if(_e.show){for(let h in s)_e[h]=s[h],h in Ll&&we(Wn,h,s[h]);u!==!1&&He("setSelect")}}r.setSelect=Or;function Cc(s){if(b[s].show)Le&&ai(Me[s],Sn);else if(Le&&ft(Me[s],Sn),Ke){let h=On?_t[0]:_t[s];h!=null&&jt(h,-10,-10,J,F)}}function Jt(s,u,h){Tl(s,{min:u,max:h})}function Ot(s,u,h,p){u.focus!=null&&Fc(s),u.show!=null&&b.forEach((w,v)=>{v>0&&(s==v||s==null)&&(w.show=u.show,Cc(v),l==2?(Jt(w.facets[0].scale,null,null),Jt(w.facets[1].scale,null,null)):Jt(w.scale,null,null),In())}),h!==!1&&He("setSeries",s,u),p&&hr("setSeries",r,s,u)}r.setSeries=Ot;function Dc(s,u){Pe(D[s],u)}function Oc(s,u){s.fill=ee(s.fill||null),s.dir=le(s.dir,-1),u=u??D.length,D.splice(u,0,s)}function zc(s){s==null?D.length=0:D.splice(s,1)}r.addBand=Oc,r.setBand=Dc,r.delBand=zc;function Rc(s,u){b[s].alpha=u,Ke&&_t[s]!=null&&(_t[s].style.opacity=u),Le&&Me[s]&&(Me[s].style.opacity=u)}let Bt,Qt,mn,Un={focus:!0};function Fc(s){if(s!=mn){let u=s==null,h=Dt.alpha!=1;b.forEach((p,w)=>{if(l==1||w>0){let v=u||w==0||w==s;p._focus=u?null:v,h&&Rc(w,v?1:Dt.alpha)}}),mn=s,h&&In()}}Le&&Dn&&Ze(no,oe,s=>{I._lock||(hn(s),mn!=null&&Ot(null,Un,!0,Ae.setSeries))});function zt(s,u,h){let p=S[u];h&&(s=s/se-(p.ori==1?Ce:me));let w=J;p.ori==1&&(w=F,s=w-s),p.dir==-1&&(s=w-s);let v=p._min,M=p._max,A=s/w,$=v+(M-v)*A,O=p.distr;return O==3?Qn(10,$):O==4?Iu($,p.asinh):O==100?p.bwd($):$}function Nc(s,u){let h=zt(s,C,u);return $t(h,t[0],Ne,Ie)}r.valToIdx=s=>$t(s,t[0]),r.posToIdx=Nc,r.posToVal=zt,r.valToPos=(s,u,h)=>S[u].ori==0?i(s,S[u],h?rt:J,h?ot:0):o(s,S[u],h?St:F,h?mt:0),r.setCursor=(s,u,h)=>{ge=s.left,be=s.top,gn(null,u,h)};function as(s,u){we(Wn,Kn,_e.left=s),we(Wn,wr,_e.width=u)}function cs(s,u){we(Wn,_r,_e.top=s),we(Wn,yr,_e.height=u)}let ur=L.ori==0?as:cs,fr=L.ori==1?as:cs;function Ic(){if(Le&&Q.live)for(let s=l==2?1:0;s<b.length;s++){if(s==0&&pt)continue;let u=Q.values[s],h=0;for(let p in u)Lt[s][h++].firstChild.nodeValue=u[p]}}function $l(s,u){if(s!=null&&(s.idxs?s.idxs.forEach((h,p)=>{ue[p]=h}):Bu(s.idx)||ue.fill(s.idx),Q.idx=ue[0]),Le&&Q.live){for(let h=0;h<b.length;h++)(h>0||l==1&&!pt)&&jc(h,ue[h]);Ic()}gt=!1,u!==!1&&He("setLegend")}r.setLegend=$l;function jc(s,u){let h=b[s],p=s==0&&U==2?Mt:t[s],w;pt?w=h.values(r,s,u)??Yt:(w=h.value(r,u==null?null:p[u],s,u),w=w==null?Yt:{_:w}),Q.values[s]=w}function gn(s,u,h){ss=ge,os=be,[ge,be]=I.move(r,ge,be),I.left=ge,I.top=be,Ke&&(jn&&jt(jn,ze(ge),0,J,F),Vn&&jt(Vn,0,ze(be),J,F));let p,w=Ne>Ie;Bt=he,Qt=null;let v=L.ori==0?J:F,M=L.ori==1?J:F;if(ge<0||Ue==0||w){p=I.idx=null;for(let A=0;A<b.length;A++){let $=_t[A];$!=null&&jt($,-10,-10,J,F)}Dn&&Ot(null,Un,!0,s==null&&Ae.setSeries),Q.live&&(ue.fill(p),gt=!0)}else{let A,$,O;l==1&&(A=L.ori==0?ge:be,$=zt(A,C),p=I.idx=$t($,t[0],Ne,Ie),O=z(t[0][p],L,v,0));let R=-10,N=-10,K=0,ie=0,re=!0,X="",G="";for(let j=l==2?1:0;j<b.length;j++){let xe=b[j],Te=ue[j],Be=Te==null?null:l==1?t[j][Te]:t[j][1][Te],fe=I.dataIdx(r,j,p,$),Ee=fe==null?null:l==1?t[j][fe]:t[j][1][fe];if(gt=gt||Ee!=Be||fe!=Te,ue[j]=fe,j>0&&xe.show){let at=fe==null?-10:fe==p?O:z(l==1?t[0][fe]:t[j][0][fe],L,v,0),Je=Ee==null?-10:Y(Ee,l==1?S[xe.scale]:S[xe.facets[1].scale],M,0);if(Dn&&Ee!=null){let xt=L.ori==1?ge:be,Tt=Re(Dt.dist(r,j,fe,Je,xt));if(Tt<Bt){let Rt=Dt.bias;if(Rt!=0){let ct=zt(xt,xe.scale),wt=Ee>=0?1:-1,Et=ct>=0?1:-1;Et==wt&&(Et==1?Rt==1?Ee>=ct:Ee<=ct:Rt==1?Ee<=ct:Ee>=ct)&&(Bt=Tt,Qt=j)}else Bt=Tt,Qt=j}}if(gt||On){let xt,Tt;L.ori==0?(xt=at,Tt=Je):(xt=Je,Tt=at);let Rt,ct,wt,Et,Ft,Qe,ut=!0,_n=Ye.bbox;if(_n!=null){ut=!1;let Xe=_n(r,j);wt=Xe.left,Et=Xe.top,Rt=Xe.width,ct=Xe.height}else wt=xt,Et=Tt,Rt=ct=Ye.size(r,j);if(Qe=Ye.fill(r,j),Ft=Ye.stroke(r,j),On)j==Qt&&Bt<=Dt.prox&&(R=wt,N=Et,K=Rt,ie=ct,re=ut,X=Qe,G=Ft);else{let Xe=_t[j];Xe!=null&&(zn[j]=wt,Rn[j]=Et,co(Xe,Rt,ct,ut),oo(Xe,Qe,Ft),jt(Xe,bt(wt),bt(Et),J,F))}}}}if(On){let j=Dt.prox,xe=mn==null?Bt<=j:Bt>j||Qt!=mn;if(gt||xe){let Te=_t[0];Te!=null&&(zn[0]=R,Rn[0]=N,co(Te,K,ie,re),oo(Te,X,G),jt(Te,bt(R),bt(N),J,F))}}}if(_e.show&&Zt)if(s!=null){let[A,$]=Ae.scales,[O,R]=Ae.match,[N,K]=s.cursor.sync.scales,ie=s.cursor.drag;if(je=ie._x,Ve=ie._y,je||Ve){let{left:re,top:X,width:G,height:j}=s.select,xe=s.scales[N].ori,Te=s.posToVal,Be,fe,Ee,at,Je,xt=A!=null&&O(A,N),Tt=$!=null&&R($,K);xt&&je?(xe==0?(Be=re,fe=G):(Be=X,fe=j),Ee=S[A],at=z(Te(Be,N),Ee,v,0),Je=z(Te(Be+fe,N),Ee,v,0),ur(Pt(at,Je),Re(Je-at))):ur(0,v),Tt&&Ve?(xe==1?(Be=re,fe=G):(Be=X,fe=j),Ee=S[$],at=Y(Te(Be,K),Ee,M,0),Je=Y(Te(Be+fe,K),Ee,M,0),fr(Pt(at,Je),Re(Je-at))):fr(0,M)}else Cl()}else{let A=Re(ss-ls),$=Re(os-is);if(L.ori==1){let K=A;A=$,$=K}je=Ge.x&&A>=Ge.dist,Ve=Ge.y&&$>=Ge.dist;let O=Ge.uni;O!=null?je&&Ve&&(je=A>=O,Ve=$>=O,!je&&!Ve&&($>A?Ve=!0:je=!0)):Ge.x&&Ge.y&&(je||Ve)&&(je=Ve=!0);let R,N;je&&(L.ori==0?(R=Hn,N=ge):(R=Bn,N=be),ur(Pt(R,N),Re(N-R)),Ve||fr(0,M)),Ve&&(L.ori==1?(R=Hn,N=ge):(R=Bn,N=be),fr(Pt(R,N),Re(N-R)),je||ur(0,v)),!je&&!Ve&&(ur(0,0),fr(0,0))}if(Ge._x=je,Ge._y=Ve,s==null){if(h){if(ys!=null){let[A,$]=Ae.scales;Ae.values[0]=A!=null?zt(L.ori==0?ge:be,A):null,Ae.values[1]=$!=null?zt(L.ori==1?ge:be,$):null}hr(ei,r,ge,be,J,F,p)}if(Dn){let A=h&&Ae.setSeries,$=Dt.prox;mn==null?Bt<=$&&Ot(Qt,Un,!0,A):Bt>$?Ot(null,Un,!0,A):Qt!=mn&&Ot(Qt,Un,!0,A)}}gt&&(Q.idx=p,$l()),u!==!1&&He("setCursor")}let Xt=null;Object.defineProperty(r,"rect",{get(){return Xt==null&&dr(!1),Xt}});function dr(s=!1){s?Xt=null:(Xt=y.getBoundingClientRect(),He("syncRect",Xt))}function us(s,u,h,p,w,v,M){I._lock||Zt&&s!=null&&s.movementX==0&&s.movementY==0||(Pl(s,u,h,p,w,v,M,!1,s!=null),s!=null?gn(null,!0,!0):gn(u,!0,!1))}function Pl(s,u,h,p,w,v,M,A,$){if(Xt==null&&dr(!1),hn(s),s!=null)h=s.clientX-Xt.left,p=s.clientY-Xt.top;else{if(h<0||p<0){ge=-10,be=-10;return}let[O,R]=Ae.scales,N=u.cursor.sync,[K,ie]=N.values,[re,X]=N.scales,[G,j]=Ae.match,xe=u.axes[0].side%2==1,Te=L.ori==0?J:F,Be=L.ori==1?J:F,fe=xe?v:w,Ee=xe?w:v,at=xe?p:h,Je=xe?h:p;if(re!=null?h=G(O,re)?a(K,S[O],Te,0):-10:h=Te*(at/fe),X!=null?p=j(R,X)?a(ie,S[R],Be,0):-10:p=Be*(Je/Ee),L.ori==1){let xt=h;h=p,p=xt}}$&&(u==null||u.cursor.event.type==ei)&&((h<=1||h>=J-1)&&(h=bn(h,J)),(p<=1||p>=F-1)&&(p=bn(p,F))),A?(ls=h,is=p,[Hn,Bn]=I.move(r,h,p)):(ge=h,be=p)}let Ll={width:0,height:0,left:0,top:0};function Cl(){Or(Ll,!1)}let fs,ds,hs,ps;function ms(s,u,h,p,w,v,M){Zt=!0,je=Ve=Ge._x=Ge._y=!1,Pl(s,u,h,p,w,v,M,!0,!1),s!=null&&(Ze(ti,si,gs,!1),hr(eo,r,Hn,Bn,J,F,null));let{left:A,top:$,width:O,height:R}=_e;fs=A,ds=$,hs=O,ps=R}function gs(s,u,h,p,w,v,M){Zt=Ge._x=Ge._y=!1,Pl(s,u,h,p,w,v,M,!1,!0);let{left:A,top:$,width:O,height:R}=_e,N=O>0||R>0,K=fs!=A||ds!=$||hs!=O||ps!=R;if(N&&K&&Or(_e),Ge.setScale&&N&&K){let ie=A,re=O,X=$,G=R;if(L.ori==1&&(ie=$,re=R,X=A,G=O),je&&Jt(C,zt(ie,C),zt(ie+re,C)),Ve)for(let j in S){let xe=S[j];j!=C&&xe.from==null&&xe.min!=he&&Jt(j,zt(X+G,j),zt(X,j))}Cl()}else I.lock&&(I._lock=!I._lock,gn(u,!0,s!=null));s!=null&&(Pn(ti,si),hr(ti,r,ge,be,J,F,null))}function Vc(s,u,h,p,w,v,M){if(I._lock)return;hn(s);let A=Zt;if(Zt){let $=!0,O=!0,R=10,N,K;L.ori==0?(N=je,K=Ve):(N=Ve,K=je),N&&K&&($=ge<=R||ge>=J-R,O=be<=R||be>=F-R),N&&$&&(ge=ge<Hn?0:J),K&&O&&(be=be<Bn?0:F),gn(null,!0,!0),Zt=!1}ge=-10,be=-10,ue.fill(null),gn(null,!0,!0),A&&(Zt=A)}function _s(s,u,h,p,w,v,M){I._lock||(hn(s),pl(),Cl(),s!=null&&hr(ro,r,ge,be,J,F,null))}function xs(){P.forEach(sd),hl(r.width,r.height,!0)}Mn(Kr,Jn,xs);let Gn={};Gn.mousedown=ms,Gn.mousemove=us,Gn.mouseup=gs,Gn.dblclick=_s,Gn.setSeries=(s,u,h,p)=>{let w=Ae.match[2];h=w(r,u,h),h!=-1&&Ot(h,p,!0,!1)},Ke&&(Ze(eo,y,ms),Ze(ei,y,us),Ze(to,y,s=>{hn(s),dr(!1)}),Ze(no,y,Vc),Ze(ro,y,_s),pi.add(r),r.syncRect=dr);let zr=r.hooks=e.hooks||{};function He(s,u,h){Ml?cr.push([s,u,h]):s in zr&&zr[s].forEach(p=>{p.call(null,r,u,h)})}(e.plugins||[]).forEach(s=>{for(let u in s.hooks)zr[u]=(zr[u]||[]).concat(s.hooks[u])});let ws=(s,u,h)=>h,Ae=Pe({key:null,setSeries:!1,filters:{pub:mo,sub:mo},scales:[C,b[1]?b[1].scale:null],match:[go,go,ws],values:[null,null]},I.sync);Ae.match.length==2&&Ae.match.push(ws),I.sync=Ae;let ys=Ae.key,Dl=da(ys);function hr(s,u,h,p,w,v,M){Ae.filters.pub(s,u,h,p,w,v,M)&&Dl.pub(s,u,h,p,w,v,M)}Dl.sub(r);function Hc(s,u,h,p,w,v,M){Ae.filters.sub(s,u,h,p,w,v,M)&&Gn[s](null,u,h,p,w,v,M)}r.pub=Hc;function Bc(){Dl.unsub(r),pi.delete(r),an.clear(),ci(Kr,Jn,xs),f.remove(),oe?.remove(),He("destroy")}r.destroy=Bc;function Ol(){He("init",e,t),Zi(t||e.data,!1),H[C]?Tl(C,H[C]):pl(),Ar=_e.show&&(_e.width>0||_e.height>0),dn=gt=!0,hl(e.width,e.height)}return b.forEach(Yi),P.forEach(vc),n?n instanceof HTMLElement?(n.appendChild(f),Ol()):n(r,Ol):Ol(),r}qe.assign=Pe;qe.fmtNum=vi;qe.rangeNum=Zr;qe.rangeLog=Xr;qe.rangeAsinh=wi;qe.orient=En;qe.pxRatio=se;qe.join=Zu;qe.fmtDate=ki,qe.tzDate=af;qe.sync=da;{qe.addGap=Wf,qe.clipGaps=nl;let e=qe.paths={points:xa};e.linear=ya,e.stepped=qf,e.bars=Yf,e.spline=Zf}var Mr=(...e)=>()=>e,od=[{title:"Bit rate",keys:Mr("in","out"),say:Se,name:e=>e},{title:"Loss before repair",keys:Mr("loss"),say:We,name:()=>"loss"},{title:"Repairs a second",keys:Mr("repairs"),say:e=>e.toFixed(1),name:()=>"repairs"},{title:"Round trips",keys:e=>Object.keys(e).filter(t=>t.startsWith("rtt:")).sort(),say:Nt,name:e=>e.slice(4)},{title:"CPU",keys:Mr("cpu"),say:We,name:()=>"of one core"},{title:"Memory",keys:Mr("memory"),say:nn,name:()=>"resident"}],Li=["--plot-1","--plot-2","--plot-3","--plot-4","--plot-5","--plot-6"],Sa=132,Pi=e=>getComputedStyle(document.documentElement).getPropertyValue(e).trim(),ad=e=>new Date(e*1e3).toLocaleTimeString("en-GB");function cd(e,t,n){let r={stroke:Pi("--muted"),grid:{stroke:Pi("--line"),width:1},ticks:{show:!1},font:"11px system-ui, sans-serif"};return{width:n,height:Sa,legend:{show:!1},cursor:{y:!1,points:{size:6}},padding:[8,8,0,0],scales:{x:{time:!0},y:{range:(l,i,o)=>[0,o>0?o*1.15:1]}},axes:[{...r,space:80,size:26,values:(l,i)=>i.map(ad)},{...r,size:72,space:30,values:(l,i)=>i.map(e.say)}],series:[{},...t.map((l,i)=>({label:e.name(l),stroke:Pi(Li[i%Li.length]??""),width:1.6,spanGaps:!1,points:{show:!1}}))]}}function ud({spec:e,history:t,theme:n}){let r=Wt(null),l=Wt(void 0),i=e.keys(t.series),o=Date.now()/1e3,a=[t.agesMs.map(m=>o-m/1e3),...i.map(m=>[...t.series[m]??[]])];Oe(()=>{let{current:m}=r;if(m===null)return;let x=new qe(cd(e,i,m.clientWidth),a,m);l.current=x;let _=new ResizeObserver(()=>x.setSize({width:m.clientWidth,height:Sa}));return _.observe(m),()=>{_.disconnect(),x.destroy()}},[i.join(),n]),Oe(()=>l.current?.setData(a),[t]);let d=m=>t.series[m]?.findLast(x=>x!==null),f=i.map(m=>({key:m,value:d(m)})),g=f.map(({key:m,value:x})=>`${e.name(m)} ${x==null?"unknown":e.say(x)}`).join(", ");return c("figure",{class:"plot",children:[c("figcaption",{children:[c("h3",{children:e.title}),c("span",{class:"figures",children:f.map(({key:m,value:x},_)=>c("span",{children:[c("i",{class:`swatch plot-${_%Li.length+1}`}),i.length>1&&`${e.name(m)} `,x==null?"\u2013":e.say(x)]},m))})]}),c("div",{ref:r,role:"img","aria-label":`${e.title}, now: ${g||"nothing yet"}`})]})}var fd=1e3;function dd(e,t){if(t.agesMs.length===0)return e;if(e.node!==t.node||e.first+e.agesMs.length!==t.first)return t;let n=(t.agesMs[0]??0)+t.stepMs-(e.agesMs.at(-1)??0),r=-fd,l=a=>new Array(a).fill(null),i=new Set([...Object.keys(e.series),...Object.keys(t.series)]),o=[...e.agesMs.map(a=>a+n),...t.agesMs].slice(r);return{...t,first:t.first+t.agesMs.length-o.length,agesMs:o,series:Object.fromEntries([...i].map(a=>[a,[...e.series[a]??l(e.agesMs.length),...t.series[a]??l(t.agesMs.length)].slice(r)]))}}function hd(e){let[t,n]=ke({});return Oe(()=>{let r=!0,l,i=async()=>{for(;r;){let o=l===void 0?0:l.first+l.agesMs.length;try{let a=await it(`/api/v1/history?node=${encodeURIComponent(e)}&since=${o}`);l=l===void 0?a:dd(l,a),r&&n({history:l})}catch(a){r&&n({...l&&{history:l},trouble:String(a)})}await new Promise(a=>setTimeout(a,l?.stepMs??3e3))}};return n({}),i(),()=>void(r=!1)},[e]),t}function Ma({node:e,theme:t}){let{history:n,trouble:r}=hd(e);return n===void 0||n.agesMs.length===0?c("p",{class:"muted",children:r??"The first samples are on their way."}):c("div",{class:"plots",children:od.filter(l=>l.keys(n.series).some(i=>i in n.series)).map(l=>c(ud,{spec:l,history:n,theme:t},l.title))})}function Ci(){let e=Wt(null),[t,n]=ke(),[r,l]=ke(),i=d=>{n(d),l(void 0),e.current?.showModal()},o=async()=>{if(e.current?.close(),t!==void 0)try{await t.run(),l({text:`${t.title}: done.`,bad:!1})}catch(d){l({text:d instanceof Error?d.message:String(d),bad:!0})}},a=c(de,{children:[c("p",{role:"status",class:r?.bad===!0?"said bad":"said",children:r?.text}),c("dialog",{ref:e,"aria-labelledby":"confirm-title",children:[c("h2",{id:"confirm-title",children:t?.title}),c("p",{children:t?.words}),c("div",{class:"buttons",children:[c("button",{type:"button",onClick:()=>e.current?.close(),children:"Leave it"}),c("button",{type:"button",class:"danger",onClick:()=>void o(),children:t?.title})]})]})]});return{confirm:i,element:a}}var pd=["Session","Stream","State","From","Packets","Lost","Failovers","Last outage","Sinks"];function md({one:e,end:t}){return c("tr",{children:[c("th",{scope:"row",children:e.session}),c("td",{children:e.stream}),c("td",{children:e.ended===!0?"ended":e.state??"\u2013"}),c("td",{children:e.parents?.join(", ")||"\u2013"}),c("td",{children:e.packets??"\u2013"}),c("td",{children:e.lost??"\u2013"}),c("td",{children:e.failovers??0}),c("td",{children:e.lastOutageMs===void 0?"\u2013":`${Math.round(e.lastOutageMs)} ms`}),c("td",{children:e.sinks?.map(({id:n})=>n).join(", ")}),t!==void 0&&c("td",{children:c("button",{type:"button","aria-label":`End session ${e.session}`,onClick:t,children:"End"})})]})}function Ta({sessions:e,offers:t}){let{confirm:n,element:r}=Ci(),l=t.has("delete /api/v1/sessions/{id}");if(e.length===0)return c("p",{class:"muted",children:"No session is open here."});let i=({session:o,stream:a})=>n({title:"End session",words:`Session ${o} on ${a} ends; its sinks are flushed.`,run:()=>vn("DELETE",`/api/v1/sessions/${encodeURIComponent(o)}`)});return c(de,{children:[c("div",{class:"scroll",role:"region","aria-label":"Sessions",tabIndex:0,children:c("table",{children:[c("thead",{children:c("tr",{children:[...pd,...l?["Steer"]:[]].map(o=>c("th",{scope:"col",children:o},o))})}),c("tbody",{children:e.map(o=>c(md,{one:o,end:l?()=>i(o):void 0},o.session))})]})}),r]})}var gd=["debug","info","warn","error"];function _d(e){return[...gd.map(t=>({route:"put /api/v1/log",title:`Log ${t}`,words:`${e} logs ${t} messages and worse from now on.`,run:()=>vn("PUT","/api/v1/log",{level:t})})),{route:"post /api/v1/reload",title:"Reload",words:`${e} reads its config file again and applies what differs. A wrong file changes nothing.`,run:()=>vn("POST","/api/v1/reload")},{route:"post /api/v1/config/save",title:"Save",words:`${e} writes its config as it runs back into its file; comments stay.`,run:()=>vn("POST","/api/v1/config/save")},{route:"post /api/v1/drain",title:"Drain",words:`${e} lets its children go to others, then stops. Viewers lose nothing.`,run:()=>vn("POST","/api/v1/drain"),danger:!0}]}function Ea({name:e,offers:t}){let{confirm:n,element:r}=Ci();return c(de,{children:[c("div",{class:"buttons",children:_d(e).filter(({route:l})=>t.has(l)).map(l=>c("button",{type:"button",class:l.danger===!0?"danger":"",onClick:()=>n(l),children:l.title},l.title))}),r]})}function Aa({slot:e,now:t,choices:n,offers:r}){let{confirm:l,element:i}=Ci(),[o,a]=ke("");if(!r.has("put /api/v1/plugins/{slot}"))return null;let d=`swap-${e}`;return c("div",{class:"swap",children:[c("label",{for:d,children:"Swap for"}),c("input",{id:d,list:`${d}-list`,value:o,placeholder:"plugin",onInput:f=>a(f.currentTarget.value)}),c("datalist",{id:`${d}-list`,children:n.filter(f=>f!==t).map(f=>c("option",{value:f},f))}),c("button",{type:"button",disabled:o==="",onClick:()=>l({title:"Swap",words:`${o} takes the place of ${t} (${e}) while media goes on. When it cannot start, ${t} stays.`,run:()=>vn("PUT",`/api/v1/plugins/${encodeURIComponent(e)}`,{use:o})}),children:"Swap"}),i]})}function xd(e,t){let n=t===void 0?e.streams:e.streams.filter(({name:o})=>o===t),r=new Set(n.flatMap(o=>o.parents)),l=new Set(n.flatMap(o=>o.standby??[])),i=[...r].join(", ")||"\u2013";return l.size===0?i:`${i} (standby ${[...l].join(", ")})`}function $a({view:e,stream:t}){return c("div",{class:"scroll",role:"region","aria-label":"Table of nodes",tabIndex:0,children:c("table",{children:[c("caption",{children:`${e.nodes.length} nodes, seen from ${e.self}`}),c("thead",{children:c("tr",{children:["Node","Role","State","Takes from","Children","Viewers","In","Out","Loss","CPU","Memory","Up"].map(n=>c("th",{scope:"col",children:n},n))})}),c("tbody",{children:e.nodes.map(n=>c("tr",{class:n.state,children:[c("th",{scope:"row",children:c("a",{href:`#/node/${n.name}`,children:n.name})}),c("td",{children:ln[yt(n)]}),c("td",{children:n.state==="here"?"here":`silent ${rn(n.ageMs)}`}),c("td",{children:xd(n,t)}),c("td",{children:n.maxChildren>0?`${n.children} of ${n.maxChildren}`:"\u2013"}),c("td",{children:n.sessions}),c("td",{children:Se(n.rateIn)}),c("td",{children:Se(n.rateOut)}),c("td",{children:We(n.loss)}),c("td",{children:We(n.cpu)}),c("td",{children:n.memoryBytes===0?"\u2013":nn(n.memoryBytes)}),c("td",{children:rn(n.uptimeMs)})]},n.name))})]})})}function Pa({node:e}){return e.links.length===0?c("p",{class:"muted",children:"No neighbors are known."}):c("div",{class:"scroll",role:"region","aria-label":"Links",tabIndex:0,children:c("table",{children:[c("thead",{children:c("tr",{children:["Neighbor","State","Round trip","Loss in","Loss out","Control address"].map(t=>c("th",{scope:"col",children:t},t))})}),c("tbody",{children:e.links.map(t=>c("tr",{children:[c("th",{scope:"row",children:c("a",{href:`#/node/${t.name}`,children:t.name})}),c("td",{children:c("span",{class:`state ${t.state}`,children:t.state})}),c("td",{children:Nt(t.rttMs)}),c("td",{children:We(t.lossIn)}),c("td",{children:We(t.lossOut)}),c("td",{class:"mono",children:t.control.host===""?"\u2013":`${t.control.host}:${t.control.port}`})]},t.name))})]})})}function La({node:e}){return e.streams.length===0?c("p",{class:"muted",children:"No stream runs here."}):c("div",{class:"scroll",role:"region","aria-label":"Streams of this node",tabIndex:0,children:c("table",{children:[c("thead",{children:c("tr",{children:["Stream","State","From","Standby","In","Out","Loss","Repaired","Lost","Children","Viewers","Failovers"].map(t=>c("th",{scope:"col",children:t},t))})}),c("tbody",{children:e.streams.map(t=>c("tr",{children:[c("th",{scope:"row",children:t.name}),c("td",{children:t.state}),c("td",{children:t.parents.join(", ")||"\u2013"}),c("td",{children:t.standby??"\u2013"}),c("td",{children:Se(t.rateIn)}),c("td",{children:Se(t.rateOut)}),c("td",{children:We(t.loss)}),c("td",{children:t.repaired}),c("td",{children:t.lost}),c("td",{children:t.children}),c("td",{children:t.sessions}),c("td",{children:t.failovers})]},t.name))})]})})}function Di(e,t){let[n,r]=ke();return Oe(()=>{if(e===void 0)return;let l=()=>void it(e).then(r).catch(()=>{});l();let i=setInterval(l,t);return()=>clearInterval(i)},[e]),n}function wd(e){let{control:t,keepalive:n,media:r}=e.ports,l=[t,n,r].filter(o=>o>0).join(" / "),i=`${e.children} of ${e.maxChildren}${e.closed?", closed":""}`;return[["In",Se(e.rateIn)],["Out",Se(e.rateOut)],["Loss",We(e.loss)],["Repaired",e.repaired],["Lost for good",e.lost],["Viewers",e.sessions],...e.maxChildren>0?[["Children",i]]:[],["CPU",We(e.cpu)],...e.memoryBytes>0?[["Memory",nn(e.memoryBytes)]]:[],["Event loop late by",Nt(e.waitMs)],["Up for",rn(e.uptimeMs)],["Version",e.version],["Address",`${e.host} ${l}`]]}function yd({node:e}){return c("dl",{class:"facts",children:wd(e).map(([t,n])=>c("div",{children:[c("dt",{children:t}),c("dd",{children:n})]},t))})}function vd({state:e,name:t}){let n=Di("/api/v1/sessions",2e3);return c(de,{children:[c("section",{class:"card","aria-label":"Sessions of this node",children:[c("h2",{children:"Sessions"}),c(Ta,{sessions:n??[],offers:e.offers})]}),c("section",{class:"card","aria-label":"Steer",children:[c("h2",{children:"Steer"}),c(Ea,{name:t,offers:e.offers})]})]})}function Ca({state:e,view:t,name:n,theme:r}){let l=t.nodes.find(o=>o.name===n);if(l===void 0)return c(de,{children:[c("h1",{children:n}),c("p",{class:"muted",children:["This node is not seen (any more). ",c("a",{href:"#/",children:"Back to the network"})]})]});let i=yt(l);return c(de,{children:[c("h1",{children:[c("svg",{width:"30",height:"30",viewBox:"-11 -11 22 22","aria-hidden":"true",children:c(Yn,{kind:i})}),l.name,c("span",{class:"muted",children:` ${ln[i]}${l.name===t.self?", this node":""}`}),l.state==="silent"&&c("span",{class:"state down",children:`silent for ${rn(l.ageMs)}`})]}),c("section",{class:"card","aria-label":"Figures",children:c(yd,{node:l})}),e.offers.has("get /api/v1/history")&&c("section",{class:"card","aria-label":"The last 15 minutes",children:[c("h2",{children:"The last 15 minutes"}),c(Ma,{node:l.name,theme:r})]}),c("section",{class:"card","aria-label":"Streams at this node",children:[c("h2",{children:"Streams"}),c(La,{node:l})]}),c("section",{class:"card","aria-label":"Links of this node",children:[c("h2",{children:"Links"}),c(Pa,{node:l})]}),l.name===t.self&&c(vd,{state:e,name:l.name})]})}function Da({state:e,self:t}){let n=Di("/api/v1/plugins",5e3)??[],r=e.offers.has("get /api/v1/builtins"),l=Di(r?"/api/v1/builtins":void 0,6e4)??[],i=a=>l.filter(d=>d.slot===a).map(({name:d})=>d),o=new Set(["role","source","sink"]);return c(de,{children:[c("h1",{children:`Plugins of ${t}`}),c("div",{class:"grid",children:n.map(a=>c("section",{class:"card plugin","aria-label":a.id,children:[c("h2",{children:[a.id,c("span",{class:"slot",children:a.slot})]}),c("p",{children:a.summary}),c("details",{children:[c("summary",{children:a.configured?"Options":"Options (the default of its slot)"}),c("pre",{tabIndex:0,children:JSON.stringify(a.config,null,2)})]}),!o.has(a.slot)&&c(Aa,{slot:a.slot,now:a.name,choices:i(a.slot),offers:e.offers})]},a.id))})]})}function bd(e){var t=0,n=e.children,r=n&&n.length;if(!r)t=1;else for(;--r>=0;)t+=n[r].value;e.value=t}function kd(){return this.eachAfter(bd)}function Sd(e,t){let n=-1;for(let r of this)e.call(t,r,++n,this);return this}function Md(e,t){for(var n=this,r=[n],l,i,o=-1;n=r.pop();)if(e.call(t,n,++o,this),l=n.children)for(i=l.length-1;i>=0;--i)r.push(l[i]);return this}function Td(e,t){for(var n=this,r=[n],l=[],i,o,a,d=-1;n=r.pop();)if(l.push(n),i=n.children)for(o=0,a=i.length;o<a;++o)r.push(i[o]);for(;n=l.pop();)e.call(t,n,++d,this);return this}function Ed(e,t){let n=-1;for(let r of this)if(e.call(t,r,++n,this))return r}function Ad(e){return this.eachAfter(function(t){for(var n=+e(t.data)||0,r=t.children,l=r&&r.length;--l>=0;)n+=r[l].value;t.value=n})}function $d(e){return this.eachBefore(function(t){t.children&&t.children.sort(e)})}function Pd(e){for(var t=this,n=Ld(t,e),r=[t];t!==n;)t=t.parent,r.push(t);for(var l=r.length;e!==n;)r.splice(l,0,e),e=e.parent;return r}function Ld(e,t){if(e===t)return e;var n=e.ancestors(),r=t.ancestors(),l=null;for(e=n.pop(),t=r.pop();e===t;)l=e,e=n.pop(),t=r.pop();return l}function Cd(){for(var e=this,t=[e];e=e.parent;)t.push(e);return t}function Dd(){return Array.from(this)}function Od(){var e=[];return this.eachBefore(function(t){t.children||e.push(t)}),e}function zd(){var e=this,t=[];return e.each(function(n){n!==e&&t.push({source:n.parent,target:n})}),t}function*Rd(){var e=this,t,n=[e],r,l,i;do for(t=n.reverse(),n=[];e=t.pop();)if(yield e,r=e.children)for(l=0,i=r.length;l<i;++l)n.push(r[l]);while(n.length)}function Ra(e,t){e instanceof Map?(e=[void 0,e],t===void 0&&(t=Id)):t===void 0&&(t=Nd);for(var n=new ir(e),r,l=[n],i,o,a,d;r=l.pop();)if((o=t(r.data))&&(d=(o=Array.from(o)).length))for(r.children=o,a=d-1;a>=0;--a)l.push(i=o[a]=new ir(o[a])),i.parent=r,i.depth=r.depth+1;return n.eachBefore(Fa)}function Fd(){return Ra(this).eachBefore(jd)}function Nd(e){return e.children}function Id(e){return Array.isArray(e)?e[1]:null}function jd(e){e.data.value!==void 0&&(e.value=e.data.value),e.data=e.data.data}function Fa(e){var t=0;do e.height=t;while((e=e.parent)&&e.height<++t)}function ir(e){this.data=e,this.depth=this.height=0,this.parent=null}ir.prototype=Ra.prototype={constructor:ir,count:kd,each:Sd,eachAfter:Td,eachBefore:Md,find:Ed,sum:Ad,sort:$d,path:Pd,ancestors:Cd,descendants:Dd,leaves:Od,links:zd,copy:Fd,[Symbol.iterator]:Rd};function Oi(e){return e==null?null:Vd(e)}function Vd(e){if(typeof e!="function")throw new Error;return e}function Na(e,t,n,r,l){for(var i=e.children,o,a=-1,d=i.length,f=e.value&&(r-t)/e.value;++a<d;)o=i[a],o.y0=n,o.y1=l,o.x0=t,o.x1=t+=o.value*f}var Hd={depth:-1},Oa={},zi={};function Bd(e){return e.id}function Wd(e){return e.parentId}function Ia(){var e=Bd,t=Wd,n;function r(l){var i=Array.from(l),o=e,a=t,d,f,g,m,x,_,y,k,T=new Map;if(n!=null){let E=i.map((S,D)=>Ud(n(S,D,l))),b=E.map(za),P=new Set(E).add("");for(let S of b)P.has(S)||(P.add(S),E.push(S),b.push(za(S)),i.push(zi));o=(S,D)=>E[D],a=(S,D)=>b[D]}for(g=0,d=i.length;g<d;++g)f=i[g],_=i[g]=new ir(f),(y=o(f,g,l))!=null&&(y+="")&&(k=_.id=y,T.set(k,T.has(k)?Oa:_)),(y=a(f,g,l))!=null&&(y+="")&&(_.parent=y);for(g=0;g<d;++g)if(_=i[g],y=_.parent){if(x=T.get(y),!x)throw new Error("missing: "+y);if(x===Oa)throw new Error("ambiguous: "+y);x.children?x.children.push(_):x.children=[_],_.parent=x}else{if(m)throw new Error("multiple roots");m=_}if(!m)throw new Error("no root");if(n!=null){for(;m.data===zi&&m.children.length===1;)m=m.children[0],--d;for(let E=i.length-1;E>=0&&(_=i[E],_.data===zi);--E)_.data=null}if(m.parent=Hd,m.eachBefore(function(E){E.depth=E.parent.depth+1,--d}).eachBefore(Fa),m.parent=null,d>0)throw new Error("cycle");return m}return r.id=function(l){return arguments.length?(e=Oi(l),r):e},r.parentId=function(l){return arguments.length?(t=Oi(l),r):t},r.path=function(l){return arguments.length?(n=Oi(l),r):n},r}function Ud(e){e=`${e}`;let t=e.length;return Ni(e,t-1)&&!Ni(e,t-2)&&(e=e.slice(0,-1)),e[0]==="/"?e:`/${e}`}function za(e){let t=e.length;if(t<2)return"";for(;--t>1&&!Ni(e,t););return e.slice(0,t)}function Ni(e,t){if(e[t]==="/"){let n=0;for(;t>0&&e[--t]==="\\";)++n;if((n&1)===0)return!0}return!1}function Gd(e,t){return e.parent===t.parent?1:2}function Ri(e){var t=e.children;return t?t[0]:e.t}function Fi(e){var t=e.children;return t?t[t.length-1]:e.t}function qd(e,t,n){var r=n/(t.i-e.i);t.c-=r,t.s+=n,e.c+=r,t.z+=n,t.m+=n}function Yd(e){for(var t=0,n=0,r=e.children,l=r.length,i;--l>=0;)i=r[l],i.z+=t,i.m+=t,t+=i.s+(n+=i.c)}function Kd(e,t,n){return e.a.parent===t.parent?e.a:n}function sl(e,t){this._=e,this.parent=null,this.children=null,this.A=null,this.a=this,this.z=0,this.m=0,this.c=0,this.s=0,this.t=null,this.i=t}sl.prototype=Object.create(ir.prototype);function Zd(e){for(var t=new sl(e,0),n,r=[t],l,i,o,a;n=r.pop();)if(i=n._.children)for(n.children=new Array(a=i.length),o=a-1;o>=0;--o)r.push(l=n.children[o]=new sl(i[o],o)),l.parent=n;return(t.parent=new sl(null,0)).children=[t],t}function ja(){var e=Gd,t=1,n=1,r=null;function l(f){var g=Zd(f);if(g.eachAfter(i),g.parent.m=-g.z,g.eachBefore(o),r)f.eachBefore(d);else{var m=f,x=f,_=f;f.eachBefore(function(b){b.x<m.x&&(m=b),b.x>x.x&&(x=b),b.depth>_.depth&&(_=b)});var y=m===x?1:e(m,x)/2,k=y-m.x,T=t/(x.x+y+k),E=n/(_.depth||1);f.eachBefore(function(b){b.x=(b.x+k)*T,b.y=b.depth*E})}return f}function i(f){var g=f.children,m=f.parent.children,x=f.i?m[f.i-1]:null;if(g){Yd(f);var _=(g[0].z+g[g.length-1].z)/2;x?(f.z=x.z+e(f._,x._),f.m=f.z-_):f.z=_}else x&&(f.z=x.z+e(f._,x._));f.parent.A=a(f,x,f.parent.A||m[0])}function o(f){f._.x=f.z+f.parent.m,f.m+=f.parent.m}function a(f,g,m){if(g){for(var x=f,_=f,y=g,k=x.parent.children[0],T=x.m,E=_.m,b=y.m,P=k.m,S;y=Fi(y),x=Ri(x),y&&x;)k=Ri(k),_=Fi(_),_.a=f,S=y.z+b-x.z-T+e(y._,x._),S>0&&(qd(Kd(y,f,m),f,S),T+=S,E+=S),b+=y.m,T+=x.m,P+=k.m,E+=_.m;y&&!Fi(_)&&(_.t=y,_.m+=b-E),x&&!Ri(k)&&(k.t=x,k.m+=T-P,m=f)}return m}function d(f){f.x*=t,f.y=f.depth*n}return l.separation=function(f){return arguments.length?(e=f,l):e},l.size=function(f){return arguments.length?(r=!1,t=+f[0],n=+f[1],l):r?null:[t,n]},l.nodeSize=function(f){return arguments.length?(r=!0,t=+f[0],n=+f[1],l):r?[t,n]:null},l}function Va(e,t,n,r,l){for(var i=e.children,o,a=-1,d=i.length,f=e.value&&(l-n)/e.value;++a<d;)o=i[a],o.x0=t,o.x1=r,o.y0=n,o.y1=n+=o.value*f}var Ha=(1+Math.sqrt(5))/2;function Ba(e,t,n,r,l,i){for(var o=[],a=t.children,d,f,g=0,m=0,x=a.length,_,y,k=t.value,T,E,b,P,S,D,C;g<x;){_=l-n,y=i-r;do T=a[m++].value;while(!T&&m<x);for(E=b=T,D=Math.max(y/_,_/y)/(k*e),C=T*T*D,S=Math.max(b/C,C/E);m<x;++m){if(T+=f=a[m].value,f<E&&(E=f),f>b&&(b=f),C=T*T*D,P=Math.max(b/C,C/E),P>S){T-=f;break}S=P}o.push(d={value:T,dice:_<y,children:a.slice(g,m)}),d.dice?Na(d,n,r,l,k?r+=y*T/k:i):Va(d,n,r,k?n+=_*T/k:l,i),k-=T,g=m}return o}var Lp=function e(t){function n(r,l,i,o,a){Ba(t,r,l,i,o,a)}return n.ratio=function(r){return e((r=+r)>1?r:1)},n}(Ha);var Cp=function e(t){function n(r,l,i,o,a){if((d=r._squarify)&&d.ratio===t)for(var d,f,g,m,x=-1,_,y=d.length,k=r.value;++x<y;){for(f=d[x],g=f.children,m=f.value=0,_=g.length;m<_;++m)f.value+=g[m].value;f.dice?Na(f,l,i,o,k?i+=(a-i)*f.value/k:a):Va(f,l,i,k?l+=(o-l)*f.value/k:o,a),k-=f.value}else r._squarify=d=Ba(t,r,l,i,o,a),d.ratio=t}return n.ratio=function(r){return e((r=+r)>1?r:1)},n}(Ha);var qt={cards:{width:148,height:56,row:84,columnMin:214,columnMax:290,margin:28},names:{width:96,height:20,row:25,columnMin:150,columnMax:260,margin:20},small:{width:62,height:26,row:40,columnMin:78,columnMax:130,margin:8}},Jd=16,Wa="\0";function Ua(e,t){return e==="down"?"down":e==="unknown"?"unknown":t>=.05?"bad":t>=.01||e==="suspect"?"fair":"good"}var ol={up:0,unknown:1,suspect:2,down:3},al=(e,t)=>e<t?`${e} ${t}`:`${t} ${e}`;function Qd(e){let t=new Set(e.map(({name:r})=>r)),n=new Map;for(let{name:r,links:l,state:i}of e)for(let o of l){if(!t.has(o.name))continue;let a=al(r,o.name),d=Math.max(o.lossIn,o.lossOut),f=n.get(a);if(f===void 0){let{state:g,rttMs:m}=o;n.set(a,{a:r,b:o.name,state:g,rttMs:m,loss:d})}else ol[o.state]>ol[f.state]&&i==="here"&&(f.state=o.state),f.rttMs??=o.rttMs,f.loss=Math.max(f.loss,d)}for(let r of n.values())e.some(({name:i,state:o})=>o==="silent"&&(i===r.a||i===r.b))&&(r.state="down");return n}function Xd(e,t){if(e.state!=="silent")return t!==void 0?e.streams.find(({name:n})=>n===t):e.streams.find(({parents:n})=>n.length>0)??e.streams.find(({state:n})=>n==="source")}function eh(e,t,n){let r=new Map(e.map(f=>[f.name,f])),l=new Map,i=(f,g)=>{for(let m=f,x=0;m!==void 0&&x<e.length;x++){if(m===g)return!0;m=l.get(m)}return!1};for(let f of e){let g=Xd(f,t)?.parents.find(m=>r.has(m));g!==void 0&&!i(g,f.name)&&l.set(f.name,g)}let o=e.filter(f=>f.roles.includes("origin")&&!l.has(f.name)),a=new Set(o.map(({name:f})=>f)),d=f=>{let g=l.get(f);return g!==void 0&&(a.has(g)||d(g))};for(let{name:f}of e)d(f)&&a.add(f);return th(e,n,l,a),l}function th(e,t,n,r){let l=new Set(e.filter(({roles:a})=>a.includes("viewer")).map(({name:a})=>a)),i=[...t.values()].sort((a,d)=>ol[a.state]-ol[d.state]||(al(a.a,a.b)<al(d.a,d.b)?-1:1)),o=a=>{let d=n.get(a);return d===void 0?0:1+o(d)};for(let a=!0;a;){a=!1;let d=new Map;for(let{a:f,b:g,state:m}of i)for(let[x,_]of[[f,g],[g,f]]){if(!r.has(x)||r.has(_)||n.has(_)||l.has(x))continue;let y=o(x)+(m==="down"?100:0);y<(d.get(_)?.depth??1/0)&&d.set(_,{parent:x,depth:y})}for(let[f,{parent:g}]of d)n.set(f,g),r.add(f),a=!0;for(let{name:f}of e){let g=n.get(f);g!==void 0&&r.has(g)&&!r.has(f)&&(r.add(f),a=!0)}}}function nh(e,t,n){let r=new Set(e.map(({name:d})=>d)),l=new Map,i=d=>{let f=n.get(d),g=f?.loss??0;return{health:Ua(f?.state??"unknown",g),rttMs:f?.rttMs,loss:g}};for(let[d,{a:f,b:g}]of n)l.set(d,{key:d,from:f,to:g,kind:"link",...i(d)});let o=d=>{for(let f of e){if(f.state==="silent")continue;let g=t===void 0?f.streams:f.streams.filter(({name:m})=>m===t);for(let m of g){let x=d==="tree"?m.parents:m.standby??[];for(let _ of[x].flat()){if(!r.has(_))continue;let y=al(_,f.name),k=i(y),T=k.rttMs??m.hopRttMs,E=d==="tree"?Math.max(k.loss,m.loss):k.loss,b=e.some(({name:D,state:C})=>C==="silent"&&(D===_||D===f.name)),P=n.get(y)?.state??(b?"down":"up"),S=Ua(P==="unknown"&&T!==void 0?"up":P,E);l.set(y,{key:y,from:_,to:f.name,kind:d,health:S,rttMs:T,loss:E})}}}};o("standby"),o("tree");let a={link:0,standby:1,tree:2};return[...l.values()].sort((d,f)=>a[d.kind]-a[f.kind])}function Ga(e,t,n){let r=[...e].sort((D,C)=>D.name.localeCompare(C.name,"en",{numeric:!0})),l=Qd(r),i=eh(r,t,l),o=[{name:Wa,parent:""},...r.map(({name:D})=>({name:D,parent:i.get(D)??Wa}))],a=Ia().id(({name:D})=>D).parentId(({parent:D})=>D)(o),d=Math.max(1,a.height),f=n>=d*qt.cards.columnMin,g=n<d*qt.names.columnMin,m=r.length<=Jd&&f?"cards":g?"small":"names",x=qt[m],_=n-2*x.margin-x.width,y=d<2?x.columnMin:Math.min(x.columnMax,Math.max(x.columnMin,_/(d-1)));ja().nodeSize([x.row,y]).separation((D,C)=>D.parent===C.parent?1:1.2)(a);let k=a.descendants().filter(({depth:D})=>D>0),T=Math.min(...k.map(({x:D})=>D??0)),E=Math.max(...k.map(({x:D})=>D??0)),b=Math.max(n,2*x.margin+x.width+(d-1)*y),P=(b-(x.width+(d-1)*y))/2+x.width/2,S=new Map(r.map(D=>[D.name,D]));return{detail:m,width:b,height:(k.length===0?0:E-T)+x.height+2*x.margin+12,nodes:k.flatMap(({id:D="",x:C=0,depth:q})=>{let B=S.get(D);if(B===void 0)return[];let Z=(C??0)-T+x.height/2+x.margin+6;return[{node:B,x:P+(q-1)*y,y:Z,hop:q-1}]}),lines:nh(r,t,l)}}function Ii(e,t,n){let[r,l]=e.x<=t.x?[e,t]:[t,e],i={x:r.x+n,y:r.y};if(l.x-r.x<2*n){let d={x:l.x+n,y:l.y},f=n*.35+Math.min(60,Math.abs(l.y-r.y)*.18);return{points:[i,{x:i.x+f,y:i.y},{x:d.x+f,y:d.y},d]}}let o={x:l.x-n,y:l.y},a=(o.x-i.x)*.5;return{points:[i,{x:i.x+a,y:i.y},{x:o.x-a,y:o.y},o]}}function Ya({points:[e,t,n,r]}){let l=({x:i,y:o})=>`${i.toFixed(1)} ${o.toFixed(1)}`;return`M${l(e)}C${l(t)} ${l(n)} ${l(r)}`}function rh({points:[e,t,n,r]},l){let i=1-l,o=(a,d,f,g)=>i*i*i*a+3*i*i*l*d+3*i*l*l*f+l*l*l*g;return{x:o(e.x,t.x,n.x,r.x),y:o(e.y,t.y,n.y,r.y)}}var lh=(e,t)=>Math.abs(e.x-t.x)*2<e.w+t.w&&Math.abs(e.y-t.y)*2<e.h+t.h;function ji({rttMs:e,loss:t,health:n}){if(n==="down")return"down";let r=e===void 0?"":e<10?e.toFixed(1):String(Math.round(e)),l=t<.001?"":`${(t*100).toFixed(t<.1?1:0)} %`;return[r===""?"":`${r} ms`,l].filter(i=>i!=="").join(" \xB7 ")}var ih=6.1,sh=15,qa=[.5,.62,.38,.74,.26,.84,.16];function Ka(e,t){let{detail:n,lines:r}=e,l=qt[n],i=e.nodes.map(({x:d,y:f})=>({x:d,y:f,w:l.width+6,h:l.height+4})),o=[],a=[...r].reverse().filter(d=>n==="cards"||d.health==="bad"||n==="names"&&d.kind==="tree");for(let d of a){let[f,g]=[t.get(d.from),t.get(d.to)],m=ji(d);if(f===void 0||g===void 0||m==="")continue;let x=Ii(f,g,l.width/2),_=d.kind==="tree"?[.8,.7,...qa]:qa;for(let y of _){let k={...rh(x,y),w:m.length*ih+6,h:sh};if(!(k.x-k.w/2<0||k.x+k.w/2>e.width||i.some(E=>lh(k,E)))){i.push(k),o.push({key:d.key,x:k.x,y:k.y,width:k.w,text:m,health:d.health});break}}}return o}var oh=650,ah=e=>1-(1-e)**3;function Za(e,t){let[n,r]=ke(),l=Wt(e);return Oe(()=>{let i=l.current,o=matchMedia("(prefers-reduced-motion: reduce)").matches||document.hidden,a=[...e].some(([m,{x,y:_}])=>{let y=i.get(m);return y!==void 0&&(Math.abs(y.x-x)>.5||Math.abs(y.y-_)>.5)});if(l.current=e,o||!a)return r(void 0);let d=performance.now(),f=0,g=m=>{let x=Math.min(1,Math.max(0,(m-d)/oh)),_=ah(x);l.current=x>=1?e:new Map([...e].map(([y,k])=>{let{x:T,y:E}=i.get(y)??k;return[y,{x:T+(k.x-T)*_,y:E+(k.y-E)*_}]})),r(x>=1?void 0:l.current),x<1&&(f=requestAnimationFrame(g))};return r(i),f=requestAnimationFrame(g),()=>cancelAnimationFrame(f)},[t]),n}function ch(){let e=Wt(null),[t,n]=ke(0);return Oe(()=>{let{current:r}=e;if(r===null)return;let l=new ResizeObserver(()=>n(Math.floor(r.clientWidth)));return l.observe(r),n(Math.floor(r.clientWidth)),()=>l.disconnect()},[]),{element:e,width:t}}function Qa(e){if(e.state==="silent")return`silent for ${rn(e.ageMs)}`;let t=yt(e);return t==="origin"?`sends ${Se(e.rateOut)}`:t==="viewer"?Se(e.rateIn):t==="other"?e.roles.join(", "):e.rateIn===0&&e.rateOut===0?"idle":`${Se(e.rateIn)} in, ${Se(e.rateOut)} out`}function Xa(e){return e.sessions===0?"":It(e.sessions,"viewer")}function uh(e){return[e.name,ln[yt(e)],Qa(e),Xa(e)].filter(n=>n!=="").join(", ")}function ec(e,t){return e.length<=t?e:`${e.slice(0,t-1)}\u2026`}function tc({node:e,at:t,self:n,children:r,more:l}){return c("g",{transform:`translate(${t.x.toFixed(1)} ${t.y.toFixed(1)})`,children:[c("a",{href:`#/node/${e.name}`,class:`mark ${e.state}${n?" self":""}`,"aria-label":uh(e),"data-node":e.name,children:r}),c("g",{class:`more ${e.state}`,"aria-hidden":"true",children:l})]})}function fh({node:e,at:t,self:n}){let{width:r,height:l}=qt.cards,i=Xa(e);return c(tc,{node:e,at:t,self:n,more:c(de,{children:[c("text",{class:"figure",x:-r/2+40,y:"12",children:dh(e)}),i!==""&&c("text",{class:"people",x:-r/2+21,y:"17",children:`\u25C9 ${e.sessions}`})]}),children:[c("rect",{class:"box",x:-r/2,y:-l/2,width:r,height:l,rx:"12"}),c(Yn,{kind:yt(e),x:-r/2+21,y:i===""?0:-9}),c("text",{class:"name",x:-r/2+40,y:"-5",children:ec(e.name,13)})]})}function dh(e){return["relay","pop"].includes(yt(e))&&e.state==="here"&&e.rateIn+e.rateOut>0?`\u2193 ${Ja(e.rateIn)}  \u2191 ${Ja(e.rateOut)}`:Qa(e)}function Ja(e){return e>=1e6?`${(e/1e6).toFixed(1)}M`:`${Math.round(e/1e3)}k`}function hh({node:e,at:t,self:n,detail:r}){let{width:l,height:i}=qt[r],o=r==="small",a=e.sessions>(yt(e)==="viewer"?1:0)?`\u25C9${e.sessions}`:"";return c(tc,{node:e,at:t,self:n,more:a!==""&&c("text",{class:"people end",x:l/2-7,y:"4",children:a}),children:[c("rect",{class:"box",x:-l/2,y:-i/2,width:l,height:i,rx:i/2}),c(Yn,{kind:yt(e),x:-l/2+12,scale:o?.68:.72}),c("text",{class:"name",x:-l/2+23,y:"4",children:ec(e.name,(o?6:11)-a.length)})]})}var ph={tree:"carries the stream",standby:"standby path",link:"link"};function mh({line:e,from:t,to:n,halfWidth:r}){let l=`${e.from} to ${e.to}: ${ph[e.kind]}`,i=e.loss>0?`, ${We(e.loss)} lost`:"";return c("path",{class:`line ${e.kind} ${e.health}`,d:Ya(Ii(t,n,r)),children:c("title",{children:`${l}, ${ji({...e,loss:0})||"not measured"}${i}`})})}function gh({labels:e}){return c("g",{class:"labels","aria-hidden":"true",children:e.map(({key:t,x:n,y:r,width:l,text:i,health:o})=>c("g",{transform:`translate(${n.toFixed(1)} ${r.toFixed(1)})`,children:[c("rect",{x:-l/2,y:"-7",width:l,height:"14",rx:"5"}),c("text",{class:o,y:"3.6",children:i})]},t))})}function _h(e){return new Map(e.nodes.map(({node:t,x:n,y:r})=>[t.name,{x:n,y:r}]))}function nc({nodes:e,stream:t,self:n}){let{element:r,width:l}=ch(),i=qn(()=>Ga(e,t,Math.max(300,l)),[e,t,l]),o=_h(i),a=[...o].map(([_,{x:y,y:k}])=>`${_} ${y|0} ${k|0}`).join(),d=Za(o,a),f=d===void 0?o:new Map([...o,...d]),g=qn(()=>Ka(i,o),[i]),{detail:m}=i,x=qt[m].width/2;return c("div",{class:`picture ${m}`,ref:r,role:"region","aria-label":"Topology",tabIndex:0,children:c("svg",{width:i.width,height:i.height,viewBox:`0 0 ${i.width} ${i.height}`,role:"group","aria-label":"The network: every node is a link to its page; the table below says the same",children:[i.lines.map(_=>{let[y,k]=[f.get(_.from),f.get(_.to)];return y!==void 0&&k!==void 0&&c(mh,{line:_,from:y,to:k,halfWidth:x},_.key)}),d===void 0&&c(gh,{labels:g}),i.nodes.map(({node:_})=>{let y={node:_,at:f.get(_.name)??{x:0,y:0},self:_.name===n};return m==="cards"?c(fh,{...y},_.name):c(hh,{...y,detail:m},_.name)})]})})}function rc({nodes:e}){let t=new Set(e.map(yt));return c("ul",{class:"legend","aria-label":"Legend",children:[Object.keys(ln).filter(n=>t.has(n)).map(n=>c("li",{children:[c("svg",{width:"20",height:"20",viewBox:"-10 -10 20 20","aria-hidden":"true",children:c(Yn,{kind:n})}),ln[n]]},n)),[["tree good","carries the stream"],["standby good","standby"],["link good","link"],["tree fair","some loss"],["tree bad","much loss"],["link down","down"]].map(([n,r])=>c("li",{children:[c("svg",{width:"30",height:"12",viewBox:"0 0 30 12","aria-hidden":"true",children:c("path",{class:`line ${n}`,d:"M2 6H28"})}),r]},n))]})}var Vi=1500,xh=300,tt={view:void 0,events:[],offers:new Set,trouble:void 0,needsToken:document.body.dataset.token==="needed"&&sessionStorage.getItem("espalier-token")===null},Hi=new Set;function cl(){for(let e of Hi)e()}function sc(){let[,e]=ql(t=>t+1,0);return Oe(()=>{let t=()=>e(void 0);return Hi.add(t),()=>void Hi.delete(t)},[]),tt}function lc(e){let[t="",n="0"]=String(e.control??"").split(/:(?=\d+$)/),r=Array.isArray(e.neighbors)?e.neighbors:[];return{name:e.name,instance:Number(e.instance??0),roles:Array.isArray(e.roles)?e.roles:[],pop:e.pop===!0,host:t,ports:{control:Number(n),keepalive:0,media:0},version:String(e.version??""),uptimeMs:Number(e.uptimeMs??0),cpu:0,memoryBytes:0,rateIn:0,rateOut:0,loss:0,repaired:0,lost:0,sessions:0,children:0,maxChildren:0,closed:!1,waitMs:0,cut:0,ageMs:0,state:"here",links:r.map(l=>({name:l,control:{host:"",port:0},state:"up",rttMs:void 0,lossIn:0,lossOut:0})),streams:[]}}async function wh(){let e=await it("/api/v1/node"),n=(await it("/api/v1/roles")).flatMap(({status:l})=>l.nodes??[]),r=[lc(e),...n.map(lc)];return{self:r[0]?.name,atMs:0,nodes:r,unanswered:[],leftOut:0}}function oc(e){e instanceof yn&&e.status===401&&(tt.needsToken=!0),tt.trouble=e instanceof yn?e.message:"The node does not answer."}async function yh(){try{tt.view=tt.offers.has("get /api/v1/network")?await it("/api/v1/network"):await wh(),tt.trouble=void 0}catch(e){oc(e)}cl()}async function vh(){let e=await it("/api/v1/openapi.json");tt.offers=new Set(Object.entries(e.paths).flatMap(([t,n])=>Object.keys(n).map(r=>`${r} ${t}`)))}var ic=e=>new Promise(t=>setTimeout(t,e));async function bh(){for(;;)try{await vh();break}catch(e){if(oc(e),cl(),tt.needsToken)return;await ic(Vi)}for(tt.offers.has("get /api/v1/events")&&Ys(new AbortController().signal,kh);!tt.needsToken;)await yh(),await ic(document.hidden?10*Vi:Vi)}function kh(e){tt.events=[e,...tt.events].slice(0,xh),cl()}function Bi(){tt.needsToken||bh()}function ac(){tt.needsToken=!1,tt.trouble=void 0,cl(),Bi()}function Sh(e,t,n){return e.streams.find(r=>r.name===n)?.hopRttMs??e.links.find(r=>r.name===t)?.rttMs}function Mh(e,t,n){let r=[e];for(let a=e;r.length<=32;){let d=a.streams.find(g=>g.name===t);if(d===void 0||d.state==="source")break;let f=n.get(d.parents[0]??"");if(f===void 0||r.includes(f))return;r.push(f),a=f}r.reverse();let l=[],i=!0;r.forEach((a,d)=>{let f=r[d-1];if(f!==void 0){let m=Sh(a,f.name,t);i&&=m!==void 0,l.push({kind:"network",label:`${f.name} \u2192 ${a.name}`,ms:(m??0)/2})}l.push({kind:"node",label:`${a.name} forwards`,ms:a.waitMs});let g=a.streams.find(({name:m})=>m===t);if(g!==void 0&&g.loss>0&&g.repairMs>0){let m=`${a.name} repairs ${(g.loss*100).toFixed(1)} %`;l.push({kind:"repair",label:m,ms:g.loss*g.repairMs})}});let o=e.streams.find(a=>a.name===t)?.bufferMs??0;return o>0&&l.push({kind:"buffer",label:`${e.name} buffers`,ms:o}),{node:e.name,path:r.map(({name:a})=>a),shares:l,totalMs:l.reduce((a,d)=>a+d.ms,0),complete:i}}function cc(e,t){let n=new Map(t.map(i=>[i.name,i])),r=t.filter(i=>i.streams.some(o=>o.name===e&&o.state!=="idle")),l=r.filter(i=>i.streams.some(o=>o.name===e&&o.sessions>0));return(l.length>0?l:r).flatMap(i=>Mh(i,e,n)??[]).sort((i,o)=>o.totalMs-i.totalMs)}function Ui(e){return[...new Set(e.nodes.flatMap(({streams:n})=>n.map(({name:r})=>r)))].sort().map(n=>{let r=e.nodes.flatMap(i=>i.state==="here"?i.streams.filter(o=>o.name===n).map(o=>({node:i.name,one:o})):[]),l=i=>r.reduce((o,{one:a})=>o+i(a),0);return{name:n,viewers:l(i=>i.sessions),nodes:r.filter(({one:i})=>i.state!=="idle").length,bitrate:Math.max(0,...r.map(({one:i})=>i.rateIn)),worstLoss:Math.max(0,...r.map(({one:i})=>i.loss)),lost:l(i=>i.lost),repaired:l(i=>i.repaired),runsHere:r.some(({node:i,one:o})=>i===e.self&&o.state!=="idle")}})}var Th={off:"pictures are off","not-here":"does not run at this node","no-ffmpeg":"no ffmpeg here","no-picture":"no picture yet",busy:"picture on its way"},Eh=1e4;function Ah({stream:e,offered:t}){let[n,r]=ke({why:t?"busy":"not-here"});return Oe(()=>{if(!t)return;let l=()=>void it(`/api/v1/thumbnails/${e}`).then(r).catch(()=>{});l();let i=setInterval(l,Eh);return()=>clearInterval(i)},[e,t]),n.jpeg===void 0?c("div",{class:"thumbnail none",children:Th[n.why??""]??n.why}):c("img",{class:"thumbnail",src:`data:image/jpeg;base64,${n.jpeg}`,alt:`Picture of ${e}`})}function $h({way:e,longestMs:t}){return c("div",{class:"budget",children:[c("div",{class:"head",children:[c("a",{href:`#/node/${e.node}`,children:e.node}),c("span",{class:"muted",children:e.path.join(" \u2192 ")}),c("b",{children:`${e.complete?"":"at least "}${Nt(e.totalMs)}`})]}),c("div",{class:"bar","aria-hidden":"true",children:e.shares.map(({kind:n,label:r,ms:l})=>c("i",{class:n,title:`${r}: ${Nt(l)}`,style:{width:`${Math.max(.15,l/Math.max(t,.001)*100)}%`}},r))}),c("details",{children:[c("summary",{children:`${It(e.path.length-1,"hop")}, step by step`}),c("table",{children:c("tbody",{children:e.shares.map(({kind:n,label:r,ms:l})=>c("tr",{children:[c("td",{children:[c("i",{class:`swatch ${n}`}),r]}),c("td",{class:"number",children:Nt(l)})]},r))})})]})]})}var Wi=8;function Ph({view:e,stream:t,thumbnails:n}){let r=cc(t.name,e.nodes),l=Math.max(0,...r.map(i=>i.totalMs));return c("section",{class:"card stream","aria-label":`Stream ${t.name}`,children:[c("div",{class:"top",children:[c(Ah,{stream:t.name,offered:n&&t.runsHere}),c("div",{children:[c("h2",{children:t.name}),c("dl",{class:"facts",children:[c("div",{children:[c("dt",{children:"Viewers"}),c("dd",{children:t.viewers})]}),c("div",{children:[c("dt",{children:"Nodes"}),c("dd",{children:t.nodes})]}),c("div",{children:[c("dt",{children:"Bit rate"}),c("dd",{children:Se(t.bitrate)})]}),c("div",{children:[c("dt",{children:"Worst hop"}),c("dd",{children:`${We(t.worstLoss)} lost`})]}),c("div",{children:[c("dt",{children:"Repaired"}),c("dd",{children:t.repaired})]}),c("div",{children:[c("dt",{children:"Lost for good"}),c("dd",{children:t.lost})]})]})]})]}),c("h3",{children:"From source to screen"}),r.length===0&&c("p",{class:"muted",children:"It runs nowhere just now."}),r.slice(0,Wi).map(i=>c($h,{way:i,longestMs:l},i.node)),r.length>Wi&&c("p",{class:"muted",children:`and ${It(r.length-Wi,"shorter way")}`})]})}function uc({view:e,thumbnails:t}){let n=Ui(e);return c(de,{children:[c("h1",{children:"Streams"}),c("ul",{class:"legend","aria-label":"Shares of the delay",children:[c("li",{children:[c("i",{class:"swatch network"}),"network: half a round trip a hop"]}),c("li",{children:[c("i",{class:"swatch node"}),"node: how late its event loop runs"]}),c("li",{children:[c("i",{class:"swatch repair"}),"repair, spread over all packets"]}),c("li",{children:[c("i",{class:"swatch buffer"}),"buffer of the sink"]})]}),n.length===0&&c("p",{class:"muted",children:"No stream is known."}),n.map(r=>c(Ph,{view:e,stream:r,thumbnails:t},r.name))]})}var fc=`:root {
  color-scheme: light;
  --bg: #f5f6f3;
  --surface: #ffffff;
  --raised: #fbfcfa;
  --text: #1d2a24;
  --muted: #586860;
  --line: #e1e6e0;
  --edge: #c8d1c9;
  --accent: #1f6f54;
  --accent-soft: #e3f0e9;
  --good: #1f7a58;
  --fair: #8f5a00;
  --bad: #b93a2f;
  --off: #8b9790;
  --origin: #6a4fb3;
  --relay: #2b6cb0;
  --pop: #12807a;
  --viewer: #52606d;
  --plot-1: #2b6cb0;
  --plot-2: #c05f1d;
  --plot-3: #2f8f6b;
  --plot-4: #6a4fb3;
  --plot-5: #a3395f;
  --plot-6: #6b7280;
  --shadow: 0 1px 2px rgb(20 40 30 / 6%), 0 6px 24px rgb(20 40 30 / 5%);
}
:root[data-theme="dark"] {
  color-scheme: dark;
  --bg: #101714;
  --surface: #17201c;
  --raised: #1c2722;
  --text: #e4ece7;
  --muted: #9aaba2;
  --line: #26332d;
  --edge: #3a4b43;
  --accent: #6cc5a1;
  --accent-soft: #1d3a2f;
  --good: #58b890;
  --fair: #e0a94a;
  --bad: #f0827a;
  --off: #6d7d75;
  --origin: #b39df0;
  --relay: #74aef0;
  --pop: #56c7bd;
  --viewer: #a9b6c2;
  --plot-1: #74aef0;
  --plot-2: #eda467;
  --plot-3: #58b890;
  --plot-4: #b39df0;
  --plot-5: #e58bab;
  --plot-6: #a1a9b3;
  --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 8px 28px rgb(0 0 0 / 22%);
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--bg);
  color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
a {
  color: var(--accent);
}
:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
  border-radius: 6px;
}
.skip {
  position: absolute;
  left: -999px;
}
.skip:focus {
  left: 12px;
  top: 8px;
  background: var(--surface);
  padding: 8px 14px;
  z-index: 9;
}
header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 6px 20px;
  padding: 12px 28px;
  background: var(--surface);
  border-bottom: 1px solid var(--line);
}
.brand {
  display: inline-flex;
  align-items: center;
  gap: 9px;
  font-size: 17px;
  font-weight: 650;
  letter-spacing: -0.01em;
  color: var(--text);
  text-decoration: none;
}
.brand path {
  fill: none;
  stroke: var(--accent);
  stroke-width: 2;
  stroke-linecap: round;
}
nav {
  display: flex;
  flex-wrap: wrap;
  gap: 2px;
  flex: 1;
}
nav a {
  padding: 6px 12px;
  border-radius: 8px;
  color: var(--muted);
  text-decoration: none;
  font-weight: 500;
}
nav a:hover {
  color: var(--text);
  background: var(--raised);
}
nav a[aria-current] {
  color: var(--accent);
  background: var(--accent-soft);
}
main {
  max-width: 1360px;
  margin: 0 auto;
  padding: 24px 28px 64px;
  outline: none;
}
h1 {
  display: flex;
  align-items: center;
  flex-wrap: wrap;
  gap: 8px;
  font-size: 22px;
  margin: 4px 0 16px;
  letter-spacing: -0.015em;
}
h1 .muted {
  font-size: 15px;
  font-weight: 400;
  letter-spacing: 0;
}
h1.quiet {
  font-size: 15px;
  font-weight: 500;
  color: var(--muted);
  letter-spacing: 0;
  margin-bottom: 10px;
}
h2 {
  font-size: 15px;
  margin: 0 0 12px;
}
h3 {
  font-size: 13px;
  margin: 0;
}
.muted {
  color: var(--muted);
}
.bad {
  color: var(--bad);
}
.fair {
  color: var(--fair);
}
.mono {
  font-family: ui-monospace, "DejaVu Sans Mono", monospace;
  font-size: 13px;
}
.wait {
  text-align: center;
  padding: 18vh 0;
}
.trouble {
  margin: 0;
  padding: 10px 28px;
  background: var(--bad);
  color: var(--surface);
}
.card {
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: 16px;
  box-shadow: var(--shadow);
  padding: 18px 22px;
  margin: 0 0 18px;
}
summary {
  cursor: pointer;
  font-weight: 600;
}
details[open] > summary {
  margin-bottom: 10px;
}
button,
input {
  font: inherit;
  color: var(--text);
  background: var(--raised);
  border: 1px solid var(--edge);
  border-radius: 9px;
  padding: 5px 12px;
}
button {
  cursor: pointer;
  font-weight: 500;
}
button:hover:not(:disabled) {
  border-color: var(--accent);
}
button:disabled {
  opacity: 0.55;
  cursor: default;
}
button.danger {
  color: var(--bad);
  border-color: var(--bad);
}
button.theme {
  border-color: var(--line);
  color: var(--muted);
  font-size: 13px;
}
.buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 8px;
}
.said {
  margin: 8px 0 0;
  color: var(--good);
}
.said:empty {
  display: none;
}
.said.bad {
  color: var(--bad);
}
dialog {
  border: 1px solid var(--edge);
  border-radius: 16px;
  background: var(--surface);
  color: var(--text);
  max-width: 420px;
  padding: 22px 26px;
}
dialog::backdrop {
  background: rgb(10 20 15 / 45%);
}
dialog .buttons {
  justify-content: flex-end;
}
.token {
  max-width: 420px;
  margin: 12vh auto 0;
}
.token label {
  display: grid;
  gap: 4px;
  margin-bottom: 14px;
}

/* Facts */
.facts {
  display: flex;
  flex-wrap: wrap;
  gap: 14px 34px;
  margin: 0;
}
.facts dt {
  color: var(--muted);
  font-size: 12.5px;
}
.facts dd {
  margin: 0;
  font-weight: 600;
}
.headline {
  margin: 0 2px 18px;
}
.headline dd {
  font-size: 24px;
  font-weight: 620;
  letter-spacing: -0.02em;
  line-height: 1.25;
}
.headline em {
  font-size: 14px;
  font-style: normal;
  letter-spacing: 0;
}
.pill {
  margin-left: 7px;
  padding: 1px 8px;
  border-radius: 99px;
  font-size: 12px;
  background: var(--line);
  color: var(--text);
}
.state {
  font-weight: 600;
  color: var(--muted);
}
.state.up {
  color: var(--good);
}
.state.suspect {
  color: var(--fair);
}
.state.down {
  color: var(--bad);
}
h1 .state {
  font-size: 14px;
}

/* Choice of the stream */
.choice {
  border: 0;
  padding: 0;
  margin: 0 0 6px;
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
  align-items: center;
}
.choice legend {
  float: left;
  margin-right: 8px;
  color: var(--muted);
  padding: 0;
}
.choice label {
  position: relative;
  display: inline-flex;
  align-items: center;
  padding: 4px 13px;
  border: 1px solid var(--line);
  border-radius: 99px;
  cursor: pointer;
}
.choice input {
  position: absolute;
  inset: 0;
  opacity: 0;
  margin: 0;
  cursor: pointer;
}
.choice label.on {
  border-color: var(--accent);
  background: var(--accent-soft);
  color: var(--accent);
  font-weight: 600;
}
.choice label:focus-within {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
}

/* Picture */
.hero {
  padding-bottom: 12px;
}
.picture {
  overflow-x: auto;
  margin: 0 -10px;
  border-radius: 12px;
}
.picture svg {
  display: block;
}
.mark {
  text-decoration: none;
  outline: none;
}
.mark .box {
  fill: var(--surface);
  stroke: var(--edge);
  stroke-width: 1.2;
  transition: stroke 0.2s;
}
.mark:hover .box {
  stroke: var(--accent);
}
.mark:focus-visible .box {
  stroke: var(--accent);
  stroke-width: 3;
}
.mark.self .box {
  stroke: var(--accent);
  stroke-width: 2;
  fill: var(--accent-soft);
}
.mark.silent .box {
  stroke: var(--bad);
  stroke-dasharray: 4 4;
  fill: var(--surface);
}
.mark.silent .glyph {
  opacity: 0.45;
}
.mark text {
  fill: var(--text);
  font-size: 14px;
}
.mark .name {
  font-weight: 620;
}
.more .figure {
  font-size: 11.5px;
  fill: var(--muted);
}
.more.silent .figure {
  fill: var(--bad);
}
.more .people {
  font-size: 11.5px;
  font-weight: 600;
  fill: var(--viewer);
  text-anchor: middle;
}
.names .mark text {
  font-size: 12px;
}
.small .mark text {
  font-size: 11.5px;
}
.names .mark tspan.people,
.small .mark tspan.people {
  text-anchor: start;
}
.names .mark .box,
.small .mark .box {
  stroke-width: 1;
}
.glyph {
  fill: currentColor;
  stroke: currentColor;
  stroke-width: 1.6;
}
.glyph .ring {
  fill: none;
  stroke-width: 2;
}
.glyph.origin {
  color: var(--origin);
}
.glyph.relay {
  color: var(--relay);
}
.glyph.pop {
  color: var(--pop);
}
.glyph.viewer {
  color: var(--viewer);
}
.glyph.other {
  color: var(--off);
}
.line {
  fill: none;
  stroke: var(--off);
  stroke-linecap: round;
  transition: stroke 0.4s;
}
.line.good {
  stroke: var(--good);
}
.line.fair {
  stroke: var(--fair);
}
.line.bad {
  stroke: var(--bad);
}
.line.down {
  stroke: var(--bad);
}
.line.link {
  stroke-width: 1.1;
  opacity: 0.34;
}
.line.standby {
  stroke-width: 2;
  stroke-dasharray: 1.5 6;
  opacity: 0.95;
}
.line.tree {
  stroke-width: 3.4;
}
.line.link.down {
  opacity: 0.5;
  stroke-dasharray: 6 5;
}
.line.tree.down {
  stroke-dasharray: 7 6;
}
.line:hover {
  opacity: 1;
}
.names .line.link {
  stroke-width: 0.8;
  opacity: 0.16;
}
.names .line.tree {
  stroke-width: 2.4;
}
.names .line.standby {
  stroke-width: 1.3;
  opacity: 0.55;
  stroke-dasharray: 1.2 4.5;
}
.small .line.link {
  opacity: 0.22;
  stroke-width: 0.9;
}
.small .line.standby {
  stroke-width: 1.3;
  opacity: 0.45;
  stroke-dasharray: 1.2 5;
}
.small .line.tree {
  stroke-width: 2.6;
}
.labels text {
  font-size: 11px;
  text-anchor: middle;
  fill: var(--muted);
}
.labels rect {
  fill: var(--surface);
}
.labels .fair {
  fill: var(--fair);
}
.labels .bad,
.labels .down {
  fill: var(--bad);
  font-weight: 600;
}
.names .labels text {
  font-size: 10.5px;
}
.legend {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 20px;
  list-style: none;
  margin: 12px 0 4px;
  padding: 0;
  color: var(--muted);
  font-size: 12.5px;
}
.legend li {
  display: inline-flex;
  align-items: center;
  gap: 7px;
}
.legend .line.link {
  opacity: 0.7;
}

/* Tables */
.scroll {
  overflow-x: auto;
}
table {
  border-collapse: collapse;
  width: 100%;
  font-size: 14px;
}
caption {
  text-align: left;
  color: var(--muted);
  padding-bottom: 6px;
}
th,
td {
  text-align: left;
  padding: 6px 14px 6px 0;
  border-bottom: 1px solid var(--line);
  white-space: nowrap;
}
thead th {
  color: var(--muted);
  font-weight: 500;
  font-size: 12.5px;
}
tbody tr:last-child > * {
  border-bottom: 0;
}
tr.silent {
  color: var(--bad);
}
.number {
  text-align: right;
}

/* Plots */
.plots {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr));
  gap: 18px 28px;
}
.plot {
  margin: 0;
  min-width: 0;
}
.plot figcaption {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 2px 12px;
}
.figures {
  display: inline-flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  font-size: 12.5px;
  color: var(--muted);
}
.swatch {
  display: inline-block;
  width: 10px;
  height: 10px;
  border-radius: 3px;
  margin-right: 6px;
}
.plot-1 {
  background: var(--plot-1);
}
.plot-2 {
  background: var(--plot-2);
}
.plot-3 {
  background: var(--plot-3);
}
.plot-4 {
  background: var(--plot-4);
}
.plot-5 {
  background: var(--plot-5);
}
.plot-6 {
  background: var(--plot-6);
}

/* Streams */
.stream .top {
  display: flex;
  flex-wrap: wrap;
  gap: 18px 24px;
  margin-bottom: 16px;
}
.thumbnail {
  width: 240px;
  aspect-ratio: 16 / 9;
  object-fit: cover;
  border-radius: 12px;
  background: var(--line);
}
.thumbnail.none {
  display: grid;
  place-items: center;
  color: var(--muted);
  font-size: 13px;
  background: var(--raised);
  border: 1px dashed var(--edge);
}
.stream h2 {
  font-size: 18px;
}
.stream h3 {
  margin: 4px 0 8px;
  color: var(--muted);
  font-weight: 500;
}
.budget {
  padding: 8px 0 10px;
  border-top: 1px solid var(--line);
}
.budget .head {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 14px;
  align-items: baseline;
}
.budget .head b {
  margin-left: auto;
}
.budget .bar {
  display: flex;
  gap: 2px;
  height: 12px;
  margin: 6px 0;
  border-radius: 6px;
  overflow: hidden;
  background: var(--raised);
}
.budget .bar i {
  min-width: 2px;
}
.budget details {
  font-size: 13px;
}
.budget summary {
  font-weight: 400;
  color: var(--muted);
}
.budget table {
  max-width: 460px;
}
.network {
  background: var(--plot-1);
}
.node {
  background: var(--plot-4);
}
.repair {
  background: var(--plot-2);
}
.buffer {
  background: var(--plot-3);
}

/* Plugins */
.grid {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr));
  gap: 18px;
  align-items: start;
}
.grid .card {
  margin: 0;
}
.plugin h2 {
  display: flex;
  gap: 10px;
  align-items: center;
  margin-bottom: 4px;
}
.plugin p {
  margin: 0 0 10px;
  color: var(--muted);
}
.slot {
  font-size: 12px;
  font-weight: 500;
  color: var(--accent);
  background: var(--accent-soft);
  padding: 1px 9px;
  border-radius: 99px;
}
pre {
  margin: 8px 0 0;
  padding: 10px 12px;
  border-radius: 10px;
  background: var(--raised);
  overflow: auto;
  font-size: 12.5px;
  max-height: 280px;
}
.swap {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
  margin-top: 10px;
  font-size: 13px;
}
.swap input {
  width: 150px;
}

/* Events */
.events {
  list-style: none;
  margin: 0;
  padding: 0;
  font-size: 14px;
}
.events li {
  display: grid;
  grid-template-columns: 74px 150px 1fr;
  gap: 12px;
  padding: 5px 0;
  border-bottom: 1px solid var(--line);
}
.events li:last-child {
  border-bottom: 0;
}
.events time {
  color: var(--muted);
}
.kind {
  font-weight: 600;
}
.kind.good {
  color: var(--good);
}
.kind.bad {
  color: var(--bad);
}
.words {
  color: var(--muted);
  overflow-wrap: anywhere;
}
.search {
  display: flex;
  gap: 10px;
  align-items: center;
  margin-bottom: 12px;
  color: var(--muted);
}

/* Swarm */
.transfer {
  border-top: 1px solid var(--line);
  padding: 12px 0;
}
.transfer h2,
.transfer p {
  margin: 0 0 6px;
}
.strip {
  width: 100%;
  height: 18px;
  border-radius: 5px;
  background: var(--line);
  display: block;
}
.piece {
  fill: var(--good);
}

@media (max-width: 640px) {
  header {
    padding: 10px 14px;
    gap: 4px 12px;
  }
  nav {
    order: 3;
    flex-basis: 100%;
  }
  nav a {
    padding: 6px 9px;
  }
  .theme {
    margin-left: auto;
  }
  main {
    padding: 16px 12px 48px;
  }
  .card {
    padding: 14px;
    border-radius: 14px;
  }
  .headline {
    gap: 10px 26px;
  }
  .headline dd {
    font-size: 20px;
  }
  .picture {
    margin: 0 -8px;
  }
  .events li {
    grid-template-columns: 74px 1fr;
    gap: 2px 10px;
  }
  .events .words {
    grid-column: 1 / -1;
  }
  .thumbnail {
    width: 100%;
  }
}
@media (prefers-reduced-motion: reduce) {
  * {
    transition: none !important;
  }
}
`;var Ch=2e3;function Dh(){let[e,t]=ke();return Oe(()=>{let n=()=>void it("/api/v1/swarm").then(t).catch(()=>{});n();let r=setInterval(n,Ch);return()=>clearInterval(r)},[]),e}var Oh=200;function zh({map:e,pieces:t}){let n=l=>parseInt(e.slice(2*(l>>3),2*(l>>3)+2),16)>>7-l%8&1,r=Math.min(Oh,t);return Array.from({length:r},(l,i)=>{let o=Math.floor(i*t/r),a=Math.max(o+1,Math.floor((i+1)*t/r)),d=0;for(let f=o;f<a;f++)d+=n(f);return d/(a-o)})}function Rh({transfer:e}){let t=zh(e);return c("svg",{class:"strip",viewBox:`0 0 ${Math.max(1,t.length)} 10`,preserveAspectRatio:"none",role:"img","aria-label":`${e.name}: ${e.heldPieces} of ${e.pieces} pieces are here`,children:t.map((n,r)=>c("rect",{class:"piece",opacity:n,x:r,y:"0",width:"1.02",height:"10"},r))})}function Fh({transfer:e}){let t=r=>e.peers.reduce((l,i)=>l+r(i),0),n=[e.error??(e.complete?"complete":"under way"),nn(e.sizeBytes),`${e.heldPieces} of ${e.pieces} pieces`,It(e.peers.length,"peer"),`${Se(8*t(r=>r.downBytesPerSecond))} down`,`${Se(8*t(r=>r.upBytesPerSecond))} up`];return c("p",{class:"muted",children:n.join(" \xB7 ")})}function dc(){let e=Dh();return e===void 0?c("p",{class:"muted",children:"The swarm has not told yet."}):c(de,{children:[c("h1",{children:"Swarm"}),c("section",{class:"card",children:[c("dl",{class:"facts",children:[c("div",{children:[c("dt",{children:"Files shared"}),c("dd",{children:e.shared})]}),c("div",{children:[c("dt",{children:"Connections"}),c("dd",{children:e.connections})]}),c("div",{children:[c("dt",{children:"Down"}),c("dd",{children:Se(8*e.downBytesPerSecond)})]}),c("div",{children:[c("dt",{children:"Up"}),c("dd",{children:Se(8*e.upBytesPerSecond)})]})]}),e.transfers.length===0&&c("p",{class:"muted",children:"Nothing is being fetched."}),e.transfers.map(t=>c("article",{class:"transfer",children:[c("h2",{children:t.name}),c(Fh,{transfer:t}),c(Rh,{transfer:t})]},t.id))]})]})}var fl="";function Nh(){let e=()=>location.hash.replace(/^#\/?/,"").split("/").map(decodeURIComponent),[t,n]=ke(e);return Oe(()=>{let r=()=>{n(e()),scrollTo(0,0)};return addEventListener("hashchange",r),()=>removeEventListener("hashchange",r)},[]),t}var ul=["auto","light","dark"];function Ih(){let e=localStorage.getItem("espalier-theme"),[t,n]=ke(ul.find(d=>d===e)??"auto"),r=matchMedia("(prefers-color-scheme: dark)"),[l,i]=ke(r.matches);Oe(()=>{let d=()=>i(r.matches);return r.addEventListener("change",d),()=>r.removeEventListener("change",d)},[]);let o=t==="auto"?l?"dark":"light":t;return document.documentElement.dataset.theme=o,[o,t,()=>{let d=ul[(ul.indexOf(t)+1)%ul.length]??"auto";localStorage.setItem("espalier-theme",d),n(d)}]}function jh({trouble:e}){let[t,n]=ke("");return c("form",{class:"card token",onSubmit:r=>{r.preventDefault(),Kl.set(t.trim()),ac()},children:[c("h1",{children:"This node asks for its token"}),c("p",{class:"muted",children:["It stands in the node's config as ",c("code",{children:"admin.token"}),", and is kept for this tab only."]}),c("label",{children:["Token",c("input",{type:"password",autocomplete:"off",value:t,onInput:r=>n(r.currentTarget.value)})]}),e!==void 0&&c("p",{class:"bad",role:"alert",children:e}),c("button",{type:"submit",disabled:t.trim()==="",children:"Open"})]})}function Vh({view:e}){let t=e.nodes.filter(({state:o})=>o==="here"),n=e.nodes.length-t.length,r=t.flatMap(o=>o.links),l=Math.max(0,...t.map(({loss:o})=>o)),i=o=>t.reduce((a,d)=>a+o(d),0);return c("dl",{class:"facts headline",children:[c("div",{children:[c("dt",{children:"Nodes"}),c("dd",{children:[t.length,n>0&&c("em",{class:"bad",children:` + ${n} silent`})]})]}),c("div",{children:[c("dt",{children:"Viewers"}),c("dd",{children:i(o=>o.sessions)})]}),c("div",{children:[c("dt",{children:"Carried"}),c("dd",{children:Se(i(o=>o.rateOut))})]}),c("div",{children:[c("dt",{children:"Worst loss"}),c("dd",{class:l>=.05?"bad":l>=.01?"fair":"",children:We(l)})]}),c("div",{children:[c("dt",{children:"Links"}),c("dd",{children:Math.round(r.length/2)})]})]})}function Hh({view:e,stream:t,choose:n}){let r=Ui(e);return c("fieldset",{class:"choice",children:[c("legend",{children:"Tree of"}),[fl,...r.map(({name:l})=>l)].map(l=>{let i=r.find(o=>o.name===l)?.viewers;return c("label",{class:t===l?"on":"",children:[c("input",{type:"radio",name:"stream",checked:t===l,onChange:()=>n(l)}),l===fl?"all streams":l,i!==void 0&&c("span",{class:"pill",children:It(i,"viewer")})]},l)})]})}function Bh({state:e,view:t}){let[n,r]=ke(fl),l=n===fl?void 0:n;return c(de,{children:[c("h1",{class:"quiet",children:`The network, seen from ${t.self}`}),c(Vh,{view:t}),c("section",{class:"card hero","aria-label":"Topology and streams",children:[c(Hh,{view:t,stream:n,choose:r}),c(nc,{nodes:t.nodes,stream:l,self:t.self}),c(rc,{nodes:t.nodes}),t.leftOut>0&&c("p",{class:"bad",children:`${It(t.leftOut,"more node")} did not fit.`})]}),c("section",{class:"card","aria-label":"Events",children:[c("h2",{children:`What happened at ${t.self}`}),c(Ql,{events:e.events,most:8})]}),c("details",{class:"card",children:[c("summary",{children:"All nodes as a table"}),c($a,{view:t,stream:l})]})]})}function Wh({state:e,route:t,theme:n}){let{view:r}=e;if(e.needsToken)return c(jh,{trouble:e.trouble});if(r===void 0)return c("p",{class:"muted wait",role:"status",children:e.trouble??"Looking at the network \u2026"});let[l="",i=r.self]=t;switch(l){case"node":return c(Ca,{state:e,view:r,name:i,theme:n},i);case"streams":return c(uc,{view:r,thumbnails:e.offers.has("get /api/v1/thumbnails/{origin}/{name}")});case"plugins":return c(Da,{state:e,self:r.self});case"events":return c(Zs,{events:e.events,self:r.self});case"swarm":return c(dc,{});default:return c(Bh,{state:e,view:r})}}function Uh(){let e=sc(),t=Nh(),[n,r,l]=Ih(),i=e.view?.self??"",o=qn(()=>[["","Network"],["streams","Streams"],["node","This node"],["plugins","Plugins"],...e.offers.has("get /api/v1/events")?[["events","Events"]]:[],...e.offers.has("get /api/v1/swarm")?[["swarm","Swarm"]]:[]],[e.offers]),a=t[0]==="node"&&t[1]!==void 0&&t[1]!==i?"?":t[0];return c(de,{children:[c("a",{class:"skip",href:"#main",children:"To the content"}),c("header",{children:[c("a",{class:"brand",href:"#/","aria-label":"Espalier, the network",children:[c("svg",{width:"26",height:"26",viewBox:"0 0 26 26","aria-hidden":"true",children:c("path",{d:"M13 25V3M13 20C7 20 4 17 4 12M13 20c6 0 9-3 9-8M13 12c-4 0-6-2-6-6M13 12c4 0 6-2 6-6"})}),"Espalier"]}),c("nav",{"aria-label":"Pages",children:o.map(([d,f])=>c("a",{href:`#/${d}`,"aria-current":a===d?"page":void 0,children:f},d))}),c("button",{type:"button",class:"theme",onClick:l,children:`Theme: ${r}`})]}),e.view!==void 0&&e.trouble!==void 0&&!e.needsToken&&c("p",{class:"trouble",role:"alert",children:[e.trouble," What is shown is what was known last."]}),c("main",{id:"main",tabIndex:-1,children:c(Wh,{state:e,route:t,theme:n})})]})}for(let e of[qs,fc]){let t=new CSSStyleSheet;t.replaceSync(e),document.adoptedStyleSheets.push(t)}var hc=document.getElementById("app");hc!==null&&Os(c(Uh,{}),hc);Bi();
