var ce,Mo,Wc,en,Ol,Vr,To,Fr,Eo,Fl,Rl,Uc,hr=Symbol.for("pv"),Hr={},Br=[],Gc=/^m(i|n|o|s|text|space)$/,Nl=Array.isArray,Ao=Br.slice,wn=Object.assign;function xn(e){e&&e.parentNode&&e.remove()}function Nr(e,t,n,r,l){var i={type:e,props:t,key:n,ref:r,__k:null,__:null,__b:0,__e:null,__c:null,constructor:hr,__v:l||++Mo,__i:-1,__u:0};return!l&&ce.vnode&&ce.vnode(i),i}function me(e){return e.children}function Ir(e,t){this.props=e,this.context=t,this.__g=0}function tn(e,t){if(t==null)return e.__&&tn(e.__,e.__i+1);for(var n;t<e.__k.length;t++)if((n=e.__k[t])&&n.__e)return n.__e;return typeof e.type!="function"||e.props.__P?null:tn(e)}function qc(e){var t,n=e.__v,r=n.__e,l=[],i=[],s=e.__P;s&&((t=wn({constructor:hr},n)).__v=n.__v+1,ce.vnode&&ce.vnode(t),Il(s,t,n,e.__n,s.namespaceURI,32&n.__u?[r]:null,l,r||tn(n),32&n.__u,i),t.__v=n.__v,t.__.__k[t.__i]=t,zo(l,t,i),n.__=n.__e=null,t.__e!=r&&$o(t))}function $o(e){if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(t){return t&&(e.__e=t.__e)}),$o(e)}function ko(e){(8&e.__g||(e.__g|=8,en.push(e),Vr++))&&Ol==ce.debounceRendering||((Ol=ce.debounceRendering)||queueMicrotask)(Po)}function Po(){try{for(var e,t=1;en.length;)en.length>t&&en.sort(To),e=en.shift(),t=en.length,8&e.__g&&qc(e)}finally{(Vr=en.length)&&(Ol||queueMicrotask)(Po)}}function Lo(e,t,n,r,l,i,s,a,d,f,m){var g,_,x,y,k,M,E=r.__k||Br,b=t.length;for(d=Yc(n,t,E,d,b),g=0;g<b;g++)(x=n.__k[g])!=null&&(_=~x.__i&&E[x.__i]||Hr,x.__i=g,M=Il(e,x,_,l,i,s,a,d,f,m),y=x.__e,(_.ref!=x.ref||8&_.__u)&&(_.ref&&jl(_.ref,null,x,_),x.ref&&m.push(x.ref,x.__c||y,x)),k=k||y,4&x.__u?(d=Co(x,d,e,!_.__v),_.__e&&(_.__e=null)):typeof x.type=="function"&&M!==void 0?d=M:y&&(d=y.nextSibling),x.__u&=-21);return n.__e=k,d}function Yc(e,t,n,r,l){var i,s,a,d,f,m,g,_,x,y=n.length,k=y,M=0,E=0,b=e.__k=Array(l);for(i=0;i<l;i++)(s=t[i])!=null&&typeof s!="boolean"&&typeof s!="function"?(typeof s!="object"||s.constructor===String?s=b[i]=Nr(null,s):Nl(s)?s=b[i]=Nr(me,{children:s}):s.constructor===hr&&s.__b?s=b[i]=Nr(s.type,s.props,s.key,s.ref,s.__v):b[i]=s,d=i+M,s.__=e,s.__b=e.__b+1,a=null,~(f=s.__i=Kc(s,n,d,k))&&(k--,(a=n[f])&&(a.__u|=2)),a&&a.__v?(s.__u|=16,f==d-1?M--:f==d+1?M++:f!=d&&(f>d?M--:M++,E=1)):(~f||(l>y?M--:l<y&&M++),typeof s.type!="function"&&(s.__u|=4))):b[i]=null;if(E){for(m=[],g=[],i=0;i<l;i++)if((s=b[i])&&16&s.__u){for(M=0,_=m.length;M<_;)m[x=M+_>>1]<s.__i?M=x+1:_=x;m[M]=s.__i,g[i]=M+1}for(M=m.length;i--;)g[i]&&(g[i]==M?M--:b[i].__u|=4)}if(k)for(i=0;i<y;i++)!(a=n[i])||2&a.__u||(a.__e==r&&(r=tn(a)),Vl(a,a));return r}function Co(e,t,n,r){var l,i,s,a;if(typeof e.type=="function"){if(e.props.__P)return t;if(l=e.__k)for(i=0;i<l.length;i++)l[i]&&(l[i].__=e,t=Co(l[i],t,n,!1));return t}for(t&&!t.parentNode&&(t=tn(e))&&!t.parentNode&&(t=null),s=e.__e,a=t;a&&a.nodeType==8;)a=a.nextSibling;for(s!=a&&(!r&&n.moveBefore&&s.parentNode?n.moveBefore(s,t):n.insertBefore(s,t||null)),t=s;(t=t&&t.nextSibling)&&t.nodeType==8&&!t.data.startsWith("$s"););return t}function Kc(e,t,n,r){var l,i=e.key,s=e.type,a=t[n],d=a&&!(2&a.__u);if(a===null&&i==null||d&&i==a.key&&s==a.type)return n;if(r>(d?1:0)){for(l=n-1;l>=0;l--)if((a=t[l])&&!(2&a.__u)&&i==a.key&&s==a.type)return l;for(l=n+1;l<t.length;l++)if((a=t[l])&&!(2&a.__u)&&i==a.key&&s==a.type)return l}return-1}function So(e,t,n){n==null&&(n=""),t[0]=="-"?e.setProperty(t,n):e[t]=n}function Rr(e,t,n,r,l){var i,s;if(t=="style")if(typeof n=="string")e.style.cssText=n;else{if(typeof r=="string"&&(e.style.cssText=r=""),r)for(t in r)n&&t in n||So(e.style,t);if(n)for(t in n)r&&n[t]==r[t]||So(e.style,t,n[t])}else if(t[0]=="o"&&t[1]=="n")typeof n!="function"&&(n=null),typeof r!="function"&&(r=null),(e.__e||(e.__e={}))[t]=n,n&&r||(s=Rl[t]||(Rl[t]=Zc(t)),(e.__a||(e.__a={}))[t]=Fl,i=t!=(t=t.replace(Eo,"$1")),(t=t.slice(2))[0]<"a"&&(t=t.toLowerCase()),n?e.addEventListener(t,s,i):e.removeEventListener(t,s,i));else{if(l=="http://www.w3.org/2000/svg")t=t.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(t!="width"&&t!="height"&&t!="href"&&t!="list"&&t!="form"&&t!="tabIndex"&&t!="download"&&t!="rowSpan"&&t!="colSpan"&&t!="role"&&t!="popover"&&t in e)try{return void(e[t]=n??"")}catch{}if(typeof n=="function")return;n==null||n===!1&&t[4]!="-"?e.removeAttribute(t):e.setAttribute(t,t=="popover"&&n==1?"":n)}}function Zc(e){return function(t){var n=this.__e;if(n){if(n=n[e],t[Fr]==null)t[Fr]=Fl++;else if(t[Fr]<this.__a[e])return;return n(ce.event?ce.event(t):t)}}}function Il(e,t,n,r,l,i,s,a,d,f){var m,g,_,x,y,k,M,E,b,P,S,D,C,q,B,Z,W,L,U=t.type;if(t.constructor!==hr)return null;128&n.__u&&(d=32&n.__u,m=n.__c.__z)&&(t.__u|=d,g=i=[],m.nodeType==8?a=jr(m,i):i.push(m),a=i[0]||a),(m=ce.__b)&&m(t);e:if(typeof U=="function"){_=s.length;try{if(E=t.props,b=(m=U.prototype)&&m.render,P=(m=U.contextType)&&r[m.__c],S=m?P?P.props.value:m.__:r,(x=n.__c)?(t.__c=x,2&x.__g&&(x.__g|=1)):(b?t.__c=x=new U(E,S):(t.__c=x=new Ir(E,S),x.constructor=U,x.render=Qc),P&&P.sub(x),x.state||(x.state={}),x.__n=r,x.__g|=8,x.__h=[],x.__k=[]),b&&(x.__s||(x.__s=x.state),U.getDerivedStateFromProps&&(x.__s==x.state&&(x.__s=wn({},x.__s)),wn(x.__s,U.getDerivedStateFromProps(E,x.__s)))),y=x.props,k=x.state,x.__v=t,n.__c){if(E!==y&&b&&!U.getDerivedStateFromProps&&x.componentWillReceiveProps&&x.componentWillReceiveProps(E,S),t.__v==n.__v&&!(8&x.__g)||!(4&x.__g)&&x.shouldComponentUpdate&&x.shouldComponentUpdate(E,x.__s,S)===!1){t.__v!=n.__v&&(x.props=E,x.state=x.__s,x.__g&=-9),t.__e=n.__e,t.__k=n.__k,t.__k.some(function(O){O&&(O.__=t)}),Br.push.apply(x.__h,x.__k),x.__k=[],x.__h.length&&s.push(x),a=tn(n);break e}x.componentWillUpdate&&x.componentWillUpdate(E,x.__s,S),b&&x.componentDidUpdate&&x.__h.push(function(){x.componentDidUpdate(y,k,M)})}else b&&!U.getDerivedStateFromProps&&x.componentWillMount&&x.componentWillMount(),b&&x.componentDidMount&&x.__h.push(x.componentDidMount);x.context=S,x.props=E,x.__P=e,x.__g&=-5,D=ce.__r,C=b?25:0;do x.__g&=-9,D&&D(t),m=x.render(x.props,x.state=x.__s,x.context);while(8&x.__g&&++C<25);b&&(Br.push.apply(x.__h,x.__k),x.__k=[]),x.state=x.__s,x.getChildContext&&(r=wn({},r,x.getChildContext())),b&&n.__c&&x.getSnapshotBeforeUpdate&&(M=x.getSnapshotBeforeUpdate(y,k)),q=m&&m.type===me&&m.key==null?m.props.children:m,E.__P&&(m=a,l=(e=E.__P).namespaceURI,d=i=null,n.props&&n.props.__P!=e&&(n.__k.some(function(O){O&&Vl(O,O)}),n.__k=null),a=n.__k?tn(n,0):null),a=Lo(e,Nl(q)?q:[q],t,n,r,l,i,s,a,d,f),E.__P&&(t.__e=null,a=m),t.__u&=-161,g&&g.some(xn),x.__h.length&&s.push(x),1&x.__g&&(x.__g&=-4)}catch(O){if(s.length=_,t.__v=null,d||i)if(O&&O.then){if(t.__u|=128|d,i){for(~(W=i.indexOf(a||void 0))||(W=i.length);(L=i[W-1])&&L.nodeType==8;)W--;for(;W<i.length;W++)if(L=i[W])if(i[W]=null,B){if(L==Z)break}else{if(L.nodeType!=8)break;L.data.startsWith("$s")&&(Z=jr(B=L))}}if(!B){for(;a&&a.nodeType==8&&a.nextSibling;)a=a.nextSibling;B=a}(m=jr(B=t.__c.__z||(t.__c.__z=B)))?(t.__e=B,a=m):t.__e=a,a=a&&a.nextSibling}else i&&i.some(xn);else t.__e=n.__e;t.__k||(t.__k=n.__k||[]),O&&O.then||Do(t),ce.__e(O,t,n)}}else a=t.__e=Jc(n.__e,t,n,r,l,i,s,d,f,e);return(m=ce.diffed)&&m(t),a}function jr(e,t){if(e&&e.nodeType==8&&e.data.startsWith("$s"))for(var n=1;e=e.nextSibling;){if(e.nodeType==8){if(e.data.startsWith("$s"))n++;else if(e.data.startsWith("/$s")&&!--n)return e}t&&t.push(e)}}function Do(e){e&&(e.__c&&(e.__c.__g|=4),e.__k&&e.__k.some(Do))}function zo(e,t,n){for(var r=0;r<n.length;)jl(n[r++],n[r++],n[r++]);ce.__c&&ce.__c(t,e),e.some(function(l){try{e=l.__h,l.__h=[],e.some(function(i){i.call(l)})}catch(i){ce.__e(i,l.__v)}})}function Jc(e,t,n,r,l,i,s,a,d,f){var m,g,_,x,y,k,M,E,b=n.props||Hr,P=t.props,S=t.type;if(S=="svg"?l="http://www.w3.org/2000/svg":S=="math"?l="http://www.w3.org/1998/Math/MathML":l||(l="http://www.w3.org/1999/xhtml"),i){for(m=0;m<i.length;m++)if((y=i[m])&&(S?y.localName==S:y.nodeType==3)){e=y,i[m]=null;break}}if(!e){if(E=f.ownerDocument||document,!S)return E.createTextNode(P);e=E.createElementNS(l,S,P.is?P:f),a&&(ce.__m&&ce.__m(t,i),a=!1),i=null}if(S){if(f=S=="template"&&e.content||e,i=S=="textarea"&&P.defaultValue!=null?null:i&&Ao.call(f.childNodes),!a&&i)for(b={},m=0;m<e.attributes.length;m++)b[(y=e.attributes[m]).name]=y.value;for(m in b)y=b[m],m=="dangerouslySetInnerHTML"?_=y:m=="children"||m in P||m=="value"&&"defaultValue"in P||m=="checked"&&"defaultChecked"in P||Rr(e,m,null,y,l);for(m in P)y=P[m],m=="children"?x=y:m=="dangerouslySetInnerHTML"?g=y:m=="value"?k=y:m=="checked"?M=y:a&&typeof y!="function"||b[m]===y||Rr(e,m,y,b[m],l);g?(a||_&&(g.__html==_.__html||g.__html==e.innerHTML)||(e.innerHTML=g.__html),t.__k=[]):(_&&(e.textContent=""),(S=="foreignObject"||l=="http://www.w3.org/1998/Math/MathML"&&Gc.test(S))&&(l="http://www.w3.org/1999/xhtml"),Lo(f,Nl(x)?x:[x],t,n,r,l,i,s,i?i[0]:n.__k&&tn(n,0),a,d),i&&i.some(xn)),a&&S!="textarea"||(m="value",S=="progress"&&k==null?e.removeAttribute(m):k==null||k===e[m]&&(S!="progress"||k)||Rr(e,m,k,b[m],l),m="checked",M!=null&&M!=e[m]&&Rr(e,m,M,b[m],l))}else b===P||a&&e.data==P||(e.data=P);return e}function jl(e,t,n,r){try{typeof e=="function"?t?t.__x=e(t)||1:r&&(r=r.__c||r.__e)&&(t=r.__x)&&(r.__x=null,typeof t=="function"?t():e(null)):e.current=t}catch(l){ce.__e(l,n)}}function Vl(e,t,n){var r,l,i,s;if(ce.unmount&&ce.unmount(e),!(r=e.ref)||r.current&&r.current!=e.__e||jl(r,null,t,e),r=e.__c){if(r.componentWillUnmount)try{r.componentWillUnmount()}catch(a){ce.__e(a,t)}r.__P=r.__n=null}if(r=e.__k)for(s=0;s<r.length;s++)r[s]&&Vl(r[s],t,typeof e.type!="function"||n&&!e.props.__P);!n&&(r=e.__c)&&(r=r.__z)&&(l=jr(r,i=[]))&&(r==e.__e&&i.some(xn),xn(l),xn(r)),n||xn(e.__e),e.__e=e.__c=e.__=null}function Qc(e,t,n){return this.constructor(e,n)}function Oo(e,t){var n,r,l,i;ce.__&&ce.__(e,t),t.nodeType==9&&(t=t.documentElement),r=(n=e&&32&e.__u)?null:t.__k,t.__k=Nr(me,{children:[e]}),l=[],i=[],Il(t,t.__k,r||Hr,Hr,t.namespaceURI,r?null:t.firstChild?Ao.call(t.childNodes):null,l,r?r.__e:t.firstChild,n,i),zo(l,t.__k,i),t.__k.props.children=null}ce={__e:function(e,t,n,r){for(var l,i,s;t=t.__;)if((l=t.__c)&&!(1&l.__g)){l.__g|=4;try{if((s=(i=l.constructor)&&i.getDerivedStateFromError)&&l.setState(i.getDerivedStateFromError(e)),l.componentDidCatch&&(l.componentDidCatch(e,r||{}),s=1),s&&8&l.__g)return void(l.__g|=2)}catch(a){e=a}}throw Vr=0,e}},Mo=0,Wc=function(e){return e!=null&&e.constructor===hr},Ir.prototype.setState=function(e,t){var n=this.__s;n&&n!=this.state||(n=this.__s=wn({},this.state)),typeof e=="function"&&(e=e(wn({},n),this.props)),e&&(wn(n,e),this.__v&&(t&&this.__k.push(t),ko(this)))},Ir.prototype.forceUpdate=function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),ko(this))},Ir.prototype.render=me,en=[],Vr=0,To=function(e,t){return e.__v.__b-t.__v.__b},Fr=Symbol(),Eo=/(PointerCapture)$|Capture$/i,Fl=0,Rl={},Uc=0;var Xc=Symbol.for("pv"),eu=0,Uh=Array.isArray;function u(e,t,n,r,l,i){t||(t={});var s,a,d=t;if("ref"in d&&typeof e!="function")for(a in d={},t)a=="ref"?s=t[a]:d[a]=t[a];var f={type:e,props:d,key:n,ref:s,__k:null,__:null,__b:0,__e:null,__c:null,constructor:Xc,__v:--eu,__i:-1,__u:0};return(l||i)&&(f.__source=l,f.__self=i),ce.vnode&&ce.vnode(f),f}var mr,De,Hl,Ro,Bl=Object.is,Wr=0,Uo=[],Wl=[],$e=ce,Fo=$e.__b,No=$e.__r,Io=$e.diffed,jo=$e.__c,Vo=$e.unmount,Ho=$e.__;function Gl(e,t){$e.__h&&$e.__h(De,e,Wr||t),Wr=0;var n=De.__H||(De.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function ke(e){return Wr=1,ql(qo,e)}function ql(e,t,n){var r=Gl(mr++,2);if(r.t=e,!r.__c&&(r.__=[n?n(t):qo(void 0,t),function(i){var s=(r.__N||r.__)[0],a=r.t(s,i);Bl(s,a)||(r.__N=[a,r.__[1]],r.__c.setState({}))}],r.__c=De,!De.__f)){De.__f=!0;var l=De.shouldComponentUpdate;De.shouldComponentUpdate=function(i,s,a){var d=this.__H;if(!d)return!0;var f=!1,m=this.props!=i;if(d.__.some(function(_){_.__N&&(f=!0,Bl(_.__[0],_.__N[0])||(m=!0))}),l){var g=l.call(this,i,s,a);return f?g||m:g}return!f||m}}return r.__}function ze(e,t){var n=Gl(mr++,3);!$e.__s&&Go(n.__H,t)&&(n.__P=!0,n.__=e,n.u=t,De.__H.__h.push(n))}function Wt(e){return Wr=5,Gn(function(){return{current:e}},[])}function Gn(e,t){var n=Gl(mr++,7);return Go(n.__H,t)&&(n.__=e(),n.__H=t),n.__}function tu(){var e;do{for(;e=Wl.shift();)try{pr(e)}catch(n){$e.__e(n,{__:(e=e.__P)&&e.__v})}for(;e=Uo.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(pr),t.__h.some(Ul),t.__h=[]}catch(n){t.__h=[],$e.__e(n,e.__v)}}}while(Wl.length)}$e.__b=function(e){De=null,Fo&&Fo(e)},$e.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),Ho&&Ho(e,t)},$e.__r=function(e){No&&No(e),mr=0;var t=(De=e.__c).__H;t&&(Hl==De?De.__h=[]:(t.__h.some(pr),t.__h.some(Ul),mr=0),t.__h=[],t.__.some(function(n){n.__N&&(n.__=n.__N),n.u=n.__N=void 0})),Hl=De},$e.diffed=function(e){Io&&Io(e);var t=e.__c;t&&t.__H&&(t.__H.__h.length&&Wo(Uo.push(t)),t.__H.__.some(function(n){n.u&&(n.__H=n.u)})),Hl=De=null},$e.__c=function(e,t){t.some(function(n){try{n.__h.some(pr),n.__h=n.__h.filter(function(r){return!r.__||Ul(r)})}catch(r){n.__h=[function(){throw r}]}}),jo&&jo(e,t)},$e.unmount=function(e){Vo&&Vo(e);var t,n,r=e.__c;r&&r.__H&&(r.__H.__.some(function(l){try{if(l.__P&&l.__c){if(n===void 0){for(n=e.__;n&&(!n.__c||!n.__c.__P);)n=n.__;n=n&&n.__c}l.__P=n,Wo(Wl.push(l))}else pr(l)}catch(i){t=i}}),r.__H=void 0,t&&$e.__e(t,r.__v))};var Bo=typeof requestAnimationFrame=="function";function nu(e){var t,n=function(){clearTimeout(r),Bo&&cancelAnimationFrame(t),setTimeout(e)},r=setTimeout(n,35);Bo&&(t=requestAnimationFrame(n))}function Wo(e){e!=1&&Ro==$e.requestAnimationFrame||((Ro=$e.requestAnimationFrame)||nu)(tu)}function pr(e){var t=De,n=e.__c;typeof n=="function"&&(e.__c=void 0,n()),De=t}function Ul(e){var t=De;e.__c=e.__(),De=t}function Go(e,t){return!e||e.length!=t.length||t.some(function(n,r){return!Bl(n,e[r])})}function qo(e,t){return typeof t=="function"?t(e):t}var Yo='.uplot, .uplot *, .uplot *::before, .uplot *::after {box-sizing: border-box;}.uplot {font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji";line-height: 1.5;width: min-content;}.u-title {text-align: center;font-size: 18px;font-weight: bold;}.u-wrap {position: relative;user-select: none;}.u-over, .u-under {position: absolute;}.u-under {overflow: hidden;}.uplot canvas {display: block;position: relative;width: 100%;height: 100%;}.u-axis {position: absolute;}.u-legend {font-size: 14px;margin: auto;text-align: center;}.u-inline {display: block;}.u-inline * {display: inline-block;}.u-inline tr {margin-right: 16px;}.u-legend th {font-weight: 600;}.u-legend th > * {vertical-align: middle;display: inline-block;}.u-legend .u-marker {width: 1em;height: 1em;margin-right: 4px;background-clip: padding-box !important;}.u-inline.u-live th::after {content: ":";vertical-align: middle;}.u-inline:not(.u-live) .u-value {display: none;}.u-series > * {padding: 4px;}.u-series th {cursor: pointer;}.u-legend .u-off > * {opacity: 0.3;}.u-select {background: rgba(0,0,0,0.07);position: absolute;pointer-events: none;}.u-cursor-x, .u-cursor-y {position: absolute;left: 0;top: 0;pointer-events: none;will-change: transform;}.u-hz .u-cursor-x, .u-vt .u-cursor-y {height: 100%;border-right: 1px dashed #607D8B;}.u-hz .u-cursor-y, .u-vt .u-cursor-x {width: 100%;border-bottom: 1px dashed #607D8B;}.u-cursor-pt {position: absolute;top: 0;left: 0;border-radius: 50%;border: 0 solid;pointer-events: none;will-change: transform;/*this has to be !important since we set inline "background" shorthand */background-clip: padding-box !important;}.u-axis.u-off, .u-select.u-off, .u-cursor-x.u-off, .u-cursor-y.u-off, .u-cursor-pt.u-off {display: none;}';var Yl="espalier-token",yn=class extends Error{status;code;constructor(t,n,r){super(r),this.status=t,this.code=n}},Kl={get:()=>sessionStorage.getItem(Yl),set:e=>sessionStorage.setItem(Yl,e),clear:()=>sessionStorage.removeItem(Yl)};function Zl(e={}){let t=Kl.get();return t===null?{...e}:{...e,authorization:`Bearer ${t}`}}async function Jl(e){let{status:t}=e;try{let n=await e.json();return new yn(t,n.code??"",n.detail??e.statusText)}catch{return new yn(t,"",e.statusText)}}async function it(e,t={}){let n=await fetch(e,{...t,headers:Zl()});if(!n.ok)throw await Jl(n);return await n.json()}async function gr(e,t,n){let r=await fetch(t,{method:e,headers:Zl(n===void 0?{}:{"content-type":"application/json"}),...n===void 0?{}:{body:JSON.stringify(n)}});if(!r.ok)throw await Jl(r);let l=await r.text();return l===""?void 0:JSON.parse(l)}function lu(e){let t=e.split(`
`).filter(n=>n.startsWith("data:")).map(n=>n.slice(5).trim()).join(`
`);if(!(t===""||t==="{}"))try{return JSON.parse(t)}catch{return}}async function iu(e,t,n){let r={signal:t,headers:Zl({accept:"text/event-stream"})},l=await fetch(`/api/v1/events${e>0?`?since=${e}`:""}`,r);if(!l.ok||l.body===null)throw await Jl(l);let i=new TextDecoder,s="";for await(let a of l.body){let d=(s+i.decode(a,{stream:!0})).split(`

`);s=d.pop()??"";for(let f of d){let m=lu(f);m!==void 0&&n(m)}}}async function Ko(e,t){let n=0;try{let r=await it("/api/v1/events?since=0");for(let l of r.events??[])n=l.id,t(l)}catch{}for(;!e.aborted;){try{await iu(n,e,r=>{n=r.id,t(r)})}catch{}await new Promise(r=>setTimeout(r,3e3))}}var ou=new Set(["neighbor-down","failed-over","refused","change-refused"]),su=new Set(["neighbor-up","joined","child-joined","stream-started","node-started"]);function au(e){return ou.has(e)?"bad":su.has(e)?"good":"plain"}function Zo(e){return Object.entries(e).map(([t,n])=>`${t} ${Array.isArray(n)?n.join(" \u2192 "):n}`).join(", ")}function cu({event:e}){let t=new Date(e.timeMs);return u("li",{children:[u("time",{dateTime:t.toISOString(),children:t.toLocaleTimeString("en-GB")}),u("span",{class:`kind ${au(e.kind)}`,children:e.kind.replaceAll("-"," ")}),u("span",{class:"words",children:Zo(e.fields)})]})}function Ql({events:e,most:t}){return e.length===0?u("p",{class:"muted",children:"Nothing has happened yet."}):u("ol",{class:"events","aria-live":"polite","aria-relevant":"additions",children:e.slice(0,t).map(n=>u(cu,{event:n},n.id))})}function Jo({events:e,self:t}){let[n,r]=ke(""),l=e.filter(i=>`${i.kind} ${Zo(i.fields)}`.toLowerCase().includes(n.toLowerCase()));return u(me,{children:[u("h1",{children:`Events of ${t}`}),u("section",{class:"card",children:[u("label",{class:"search",children:["Show what holds",u("input",{value:n,onInput:i=>r(i.currentTarget.value)})]}),u(Ql,{events:l,most:300})]})]})}function Se(e){return e>=1e9?`${(e/1e9).toFixed(2)} Gbit/s`:e>=1e6?`${(e/1e6).toFixed(e>=1e8?0:1)} Mbit/s`:e>=1e3?`${Math.round(e/1e3)} kbit/s`:e>0?`${Math.round(e)} bit/s`:"0"}function Nt(e){return e===void 0?"\u2013":e>=1e4?`${(e/1e3).toFixed(0)} s`:e>=1e3?`${(e/1e3).toFixed(1)} s`:e>=10?`${Math.round(e)} ms`:`${e.toFixed(1)} ms`}function We(e){let t=e*100;return t===0?"0 %":t<.1?"< 0.1 %":`${t.toFixed(t<10?1:0)} %`}function nn(e){return e>=1024**3?`${(e/1024**3).toFixed(1)} GiB`:e>=1024**2?`${Math.round(e/1024**2)} MiB`:`${Math.round(e/1024)} KiB`}function rn(e){let t=Math.floor(e/1e3);if(t<60)return`${t} s`;if(t<3600)return`${Math.floor(t/60)} min`;let n=Math.floor(t/3600);return n<48?`${n} h ${Math.floor(t/60)%60} min`:`${Math.floor(n/24)} d`}function It(e,t){return`${e} ${t}${e===1?"":"s"}`}var ln={origin:"origin",relay:"relay",pop:"relay and POP",viewer:"viewer",other:"other"};function yt({roles:e,pop:t}){return e.includes("origin")?"origin":e.includes("relay")?t?"pop":"relay":e.includes("viewer")?"viewer":"other"}function uu(e){switch(e){case"origin":return u("path",{d:"M-4-7.5 8 0-4 7.5Z","stroke-linejoin":"round"});case"relay":return u("circle",{r:"6.5"});case"pop":return u(me,{children:[u("circle",{r:"8",class:"ring"}),u("circle",{r:"4.2"})]});case"viewer":return u("path",{d:"M-8-6H8V4.5H-8ZM-3.5 8H3.5","stroke-linejoin":"round",class:"ring"});case"other":return u("path",{d:"M0-7 6-3.5V3.5L0 7-6 3.5V-3.5Z"})}}function qn({kind:e,x:t=0,y:n=0,scale:r=1}){return u("g",{class:`glyph ${e}`,transform:`translate(${t} ${n}) scale(${r})`,children:uu(e)})}var Fe="u-",fu="uplot",du=Fe+"hz",hu=Fe+"vt",pu=Fe+"title",mu=Fe+"wrap",gu=Fe+"under",_u=Fe+"over",xu=Fe+"axis",kn=Fe+"off",wu=Fe+"select",yu=Fe+"cursor-x",vu=Fe+"cursor-y",bu=Fe+"cursor-pt",ku=Fe+"legend",Su=Fe+"live",Mu=Fe+"inline",Tu=Fe+"series",Eu=Fe+"marker",Qo=Fe+"label",Au=Fe+"value",wr="width",yr="height",_r="top",Xo="bottom",Yn="left",Xl="right",gi="#000",es=gi+"0",ei="mousemove",ts="mousedown",ti="mouseup",ns="mouseenter",rs="mouseleave",ls="dblclick",$u="resize",Pu="scroll",is="change",Kr="dppxchange",_i="--",tr=typeof window<"u",oi=tr?document:null,Zn=tr?window:null,Lu=tr?navigator:null,oe,Ur;function si(){let e=devicePixelRatio;oe!=e&&(oe=e,Ur&&ci(is,Ur,si),Ur=matchMedia(`(min-resolution: ${oe-.001}dppx) and (max-resolution: ${oe+.001}dppx)`),Sn(is,Ur,si),Zn.dispatchEvent(new CustomEvent(Kr)))}function ft(e,t){if(t!=null){let n=e.classList;!n.contains(t)&&n.add(t)}}function ai(e,t){let n=e.classList;n.contains(t)&&n.remove(t)}function we(e,t,n){e.style[t]=n+"px"}function At(e,t,n,r){let l=oi.createElement(e);return t!=null&&ft(l,t),n?.insertBefore(l,r),l}function vt(e,t){return At("div",e,t)}var os=new WeakMap;function jt(e,t,n,r,l){let i="translate("+t+"px,"+n+"px)",s=os.get(e);i!=s&&(e.style.transform=i,os.set(e,i),t<0||n<0||t>r||n>l?ft(e,kn):ai(e,kn))}var ss=new WeakMap;function as(e,t,n){let r=t+n,l=ss.get(e);r!=l&&(ss.set(e,r),e.style.background=t,e.style.borderColor=n)}var cs=new WeakMap;function us(e,t,n,r){let l=t+""+n,i=cs.get(e);l!=i&&(cs.set(e,l),e.style.height=n+"px",e.style.width=t+"px",e.style.marginLeft=r?-t/2+"px":0,e.style.marginTop=r?-n/2+"px":0)}var xi={passive:!0},Cu={...xi,capture:!0};function Sn(e,t,n,r){t.addEventListener(e,n,r?Cu:xi)}function ci(e,t,n,r){t.removeEventListener(e,n,xi)}tr&&si();function $t(e,t,n,r){let l;n=n||0,r=r||t.length-1;let i=r<=2147483647;for(;r-n>1;)l=i?n+r>>1:dt((n+r)/2),t[l]<e?n=l:r=l;return e-t[n]<=t[r]-e?n:r}function Ns(e){return(n,r,l)=>{let i=-1,s=-1;for(let a=r;a<=l;a++)if(e(n[a])){i=a;break}for(let a=l;a>=r;a--)if(e(n[a])){s=a;break}return[i,s]}}var Is=e=>e!=null,js=e=>e!=null&&e>0,Qr=Ns(Is),Du=Ns(js);function zu(e,t,n,r=0,l=!1){let i=l?Du:Qr,s=l?js:Is;[t,n]=i(e,t,n);let a=e[t],d=e[t];if(t>-1)if(r==1)a=e[t],d=e[n];else if(r==-1)a=e[n],d=e[t];else for(let f=t;f<=n;f++){let m=e[f];s(m)&&(m<a?a=m:m>d&&(d=m))}return[a??de,d??-de]}function Xr(e,t,n,r){let l=hs(e),i=hs(t);e==t&&(l==-1?(e*=n,t/=n):(e/=n,t*=n));let s=n==10?Ut:Vs,a=l==1?dt:bt,d=i==1?bt:dt,f=a(s(Re(e))),m=d(s(Re(t))),g=Jn(n,f),_=Jn(n,m);return n==10&&(f<0&&(g=he(g,-f)),m<0&&(_=he(_,-m))),r||n==2?(e=g*l,t=_*i):(e=Us(e,g),t=el(t,_)),[e,t]}function wi(e,t,n,r){let l=Xr(e,t,n,r);return e==0&&(l[0]=0),t==0&&(l[1]=0),l}var yi=.1,fs={mode:3,pad:yi},br={pad:0,soft:null,mode:0},Ou={min:br,max:br};function Zr(e,t,n,r){return tl(n)?ds(e,t,n):(br.pad=n,br.soft=r?0:null,br.mode=r?3:0,ds(e,t,Ou))}function le(e,t){return e??t}function Ru(e,t,n){for(t=le(t,0),n=le(n,e.length-1);t<=n;){if(e[t]!=null)return!0;t++}return!1}function ds(e,t,n){let r=n.min,l=n.max,i=le(r.pad,0),s=le(l.pad,0),a=le(r.hard,-de),d=le(l.hard,de),f=le(r.soft,de),m=le(l.soft,-de),g=le(r.mode,0),_=le(l.mode,0),x=t-e,y=Ut(x),k=et(Re(e),Re(t)),M=Ut(k),E=Re(M-y);(x<1e-24||E>10)&&(x=0,(e==0||t==0)&&(x=1e-24,g==2&&f!=de&&(i=0),_==2&&m!=-de&&(s=0)));let b=x||k||1e3,P=Ut(b),S=Jn(10,dt(P)),D=b*(x==0?e==0?.1:1:i),C=he(Us(e-D,S/10),24),q=e>=f&&(g==1||g==3&&C<=f||g==2&&C>=f)?f:de,B=et(a,C<q&&e>=q?q:Pt(q,C)),Z=b*(x==0?t==0?.1:1:s),W=he(el(t+Z,S/10),24),L=t<=m&&(_==1||_==3&&W>=m||_==2&&W<=m)?m:-de,U=Pt(d,W>L&&t<=L?L:et(L,W));return B==U&&B==0&&(U=100),[B,U]}var Fu=new Intl.NumberFormat(tr?Lu.language:"en-US"),vi=e=>Fu.format(e),ht=Math,Yr=ht.PI,Re=ht.abs,dt=ht.floor,Oe=ht.round,bt=ht.ceil,Pt=ht.min,et=ht.max,Jn=ht.pow,hs=ht.sign,Ut=ht.log10,Vs=ht.log2,Nu=(e,t=1)=>ht.sinh(e)*t,ni=(e,t=1)=>ht.asinh(e/t),de=1/0;function ps(e){return(Ut((e^e>>31)-(e>>31))|0)+1}function ui(e,t,n){return Pt(et(e,t),n)}function Hs(e){return typeof e=="function"}function ee(e){return Hs(e)?e:()=>e}var Iu=()=>{},Bs=e=>e,Ws=(e,t)=>t,ju=e=>null,ms=e=>!0,gs=(e,t)=>e==t,Vu=/\.\d*?(?=9{6,}|0{6,})/gm,Mn=e=>{if(qs(e)||sn.has(e))return e;let t=`${e}`,n=t.match(Vu);if(n==null)return e;let r=n[0].length-1;if(t.indexOf("e-")!=-1){let[l,i]=t.split("e");return+`${Mn(l)}e${i}`}return he(e,r)};function vn(e,t){return Mn(he(Mn(e/t))*t)}function el(e,t){return Mn(bt(Mn(e/t))*t)}function Us(e,t){return Mn(dt(Mn(e/t))*t)}function he(e,t=0){if(qs(e))return e;let n=10**t,r=e*n*(1+Number.EPSILON);return Oe(r)/n}var sn=new Map;function Gs(e){return((""+e).split(".")[1]||"").length}function Sr(e,t,n,r){let l=[],i=r.map(Gs);for(let s=t;s<n;s++){let a=Re(s),d=he(Jn(e,s),a);for(let f=0;f<r.length;f++){let m=e==10?+`${r[f]}e${s}`:r[f]*d,g=(s>=0?0:a)+(s>=i[f]?0:i[f]),_=e==10?m:he(m,g);l.push(_),sn.set(_,g)}}return l}var kr={},bi=[],Qn=[null,null],on=Array.isArray,qs=Number.isInteger,Hu=e=>e===void 0;function _s(e){return typeof e=="string"}function tl(e){let t=!1;if(e!=null){let n=e.constructor;t=n==null||n==Object}return t}function Bu(e){return e!=null&&typeof e=="object"}var Wu=Object.getPrototypeOf(Uint8Array),Ys="__proto__";function Xn(e,t=tl){let n;if(on(e)){let r=e.find(l=>l!=null);if(on(r)||t(r)){n=Array(e.length);for(let l=0;l<e.length;l++)n[l]=Xn(e[l],t)}else n=e.slice()}else if(e instanceof Wu)n=e.slice();else if(t(e)){n={};for(let r in e)r!=Ys&&(n[r]=Xn(e[r],t))}else n=e;return n}function Pe(e){let t=arguments;for(let n=1;n<t.length;n++){let r=t[n];for(let l in r)l!=Ys&&(tl(e[l])?Pe(e[l],Xn(r[l])):e[l]=Xn(r[l]))}return e}var Uu=0,Gu=1,qu=2;function Yu(e,t,n){for(let r=0,l,i=-1;r<t.length;r++){let s=t[r];if(s>i){for(l=s-1;l>=0&&e[l]==null;)e[l--]=null;for(l=s+1;l<n&&e[l]==null;)e[i=l++]=null}}}function Ku(e,t){if(Qu(e)){let s=e[0].slice();for(let a=1;a<e.length;a++)s.push(...e[a].slice(1));return Xu(s[0])||(s=Ju(s)),s}let n=new Set;for(let s=0;s<e.length;s++){let d=e[s][0],f=d.length;for(let m=0;m<f;m++)n.add(d[m])}let r=[Array.from(n).sort((s,a)=>s-a)],l=r[0].length,i=new Map;for(let s=0;s<l;s++)i.set(r[0][s],s);for(let s=0;s<e.length;s++){let a=e[s],d=a[0];for(let f=1;f<a.length;f++){let m=a[f],g=Array(l).fill(void 0),_=t?t[s][f]:Gu,x=[];for(let y=0;y<m.length;y++){let k=m[y],M=i.get(d[y]);k===null?_!=Uu&&(g[M]=k,_==qu&&x.push(M)):g[M]=k}Yu(g,x,l),r.push(g)}}return r}var Zu=typeof queueMicrotask>"u"?e=>Promise.resolve().then(e):queueMicrotask;function Ju(e){let t=e[0],n=t.length,r=Array(n);for(let i=0;i<r.length;i++)r[i]=i;r.sort((i,s)=>t[i]-t[s]);let l=[];for(let i=0;i<e.length;i++){let s=e[i],a=Array(n);for(let d=0;d<n;d++)a[d]=s[r[d]];l.push(a)}return l}function Qu(e){let t=e[0][0],n=t.length;for(let r=1;r<e.length;r++){let l=e[r][0];if(l.length!=n)return!1;if(l!=t){for(let i=0;i<n;i++)if(l[i]!=t[i])return!1}}return!0}function Xu(e,t=100){let n=e.length;if(n<=1)return!0;let r=0,l=n-1;for(;r<=l&&e[r]==null;)r++;for(;l>=r&&e[l]==null;)l--;if(l<=r)return!0;let i=et(1,dt((l-r+1)/t));for(let s=e[r],a=r+i;a<=l;a+=i){let d=e[a];if(d!=null){if(d<=s)return!1;s=d}}return!0}var Ks=["January","February","March","April","May","June","July","August","September","October","November","December"],Zs=["Sunday","Monday","Tuesday","Wednesday","Thursday","Friday","Saturday"];function Js(e){return e.slice(0,3)}var ef=Zs.map(Js),tf=Ks.map(Js),nf={MMMM:Ks,MMM:tf,WWWW:Zs,WWW:ef};function xr(e){return(e<10?"0":"")+e}function rf(e){return(e<10?"00":e<100?"0":"")+e}var lf={YYYY:e=>e.getFullYear(),YY:e=>(e.getFullYear()+"").slice(2),MMMM:(e,t)=>t.MMMM[e.getMonth()],MMM:(e,t)=>t.MMM[e.getMonth()],MM:e=>xr(e.getMonth()+1),M:e=>e.getMonth()+1,DD:e=>xr(e.getDate()),D:e=>e.getDate(),WWWW:(e,t)=>t.WWWW[e.getDay()],WWW:(e,t)=>t.WWW[e.getDay()],HH:e=>xr(e.getHours()),H:e=>e.getHours(),h:e=>{let t=e.getHours();return t==0?12:t>12?t-12:t},AA:e=>e.getHours()>=12?"PM":"AM",aa:e=>e.getHours()>=12?"pm":"am",a:e=>e.getHours()>=12?"p":"a",mm:e=>xr(e.getMinutes()),m:e=>e.getMinutes(),ss:e=>xr(e.getSeconds()),s:e=>e.getSeconds(),fff:e=>rf(e.getMilliseconds())};function ki(e,t){t=t||nf;let n=[],r=/\{([a-z]+)\}|[^{]+/gi,l;for(;l=r.exec(e);)n.push(l[0][0]=="{"?lf[l[1]]:l[0]);return i=>{let s="";for(let a=0;a<n.length;a++)s+=typeof n[a]=="string"?n[a]:n[a](i,t);return s}}var of=new Intl.DateTimeFormat().resolvedOptions().timeZone;function sf(e,t){let n;return t=="UTC"||t=="Etc/UTC"?n=new Date(+e+e.getTimezoneOffset()*6e4):t==of?n=e:(n=new Date(e.toLocaleString("en-US",{timeZone:t})),n.setMilliseconds(e.getMilliseconds())),n}var Qs=e=>e%1==0,Jr=[1,2,2.5,5],af=Sr(10,-32,0,Jr),Xs=Sr(10,0,32,Jr),cf=Xs.filter(Qs),bn=af.concat(Xs),Si=`
`,ea="{YYYY}",xs=Si+ea,ta="{M}/{D}",vr=Si+ta,Gr=vr+"/{YY}",na="{aa}",uf="{h}:{mm}",Kn=uf+na,ws=Si+Kn,ys=":{ss}",ae=null;function ra(e){let t=e*1e3,n=t*60,r=n*60,l=r*24,i=l*30,s=l*365,d=(e==1?Sr(10,0,3,Jr).filter(Qs):Sr(10,-3,0,Jr)).concat([t,t*5,t*10,t*15,t*30,n,n*5,n*10,n*15,n*30,r,r*2,r*3,r*4,r*6,r*8,r*12,l,l*2,l*3,l*4,l*5,l*6,l*7,l*8,l*9,l*10,l*15,i,i*2,i*3,i*4,i*6,s,s*2,s*5,s*10,s*25,s*50,s*100]),f=[[s,ea,ae,ae,ae,ae,ae,ae,1],[l*28,"{MMM}",xs,ae,ae,ae,ae,ae,1],[l,ta,xs,ae,ae,ae,ae,ae,1],[r,"{h}"+na,Gr,ae,vr,ae,ae,ae,1],[n,Kn,Gr,ae,vr,ae,ae,ae,1],[t,ys,Gr+" "+Kn,ae,vr+" "+Kn,ae,ws,ae,1],[e,ys+".{fff}",Gr+" "+Kn,ae,vr+" "+Kn,ae,ws,ae,1]];function m(g){return(_,x,y,k,M,E)=>{let b=[],P=M>=s,S=M>=i&&M<s,D=g(y),C=he(D*e,3),q=ri(D.getFullYear(),P?0:D.getMonth(),S||P?1:D.getDate()),B=he(q*e,3);if(S||P){let Z=S?M/i:0,W=P?M/s:0,L=C==B?C:he(ri(q.getFullYear()+W,q.getMonth()+Z,1)*e,3),U=new Date(Oe(L/e)),O=U.getFullYear(),Y=U.getMonth();for(let H=0;L<=k;H++){let te=ri(O+W*H,Y+Z*H,1),V=te-g(he(te*e,3));L=he((+te+V)*e,3),L<=k&&b.push(L)}}else{let Z=M>=l?l:M,W=dt(y)-dt(C),L=B+W+el(C-B,Z);b.push(L);let U=g(L),O=U.getHours()+U.getMinutes()/n+U.getSeconds()/r,Y=M/r,H=_.axes[x]._space,te=E/H;for(;L=he(L+M,e==1?0:3),!(L>k);)if(Y>1){let V=dt(he(O+Y,6))%24,ne=g(L).getHours()-V;ne>1&&(ne=-1),L-=ne*r,O=(O+Y)%24;let ue=b[b.length-1];he((L-ue)/M,3)*te>=.7&&b.push(L)}else b.push(L)}return b}}return[d,f,m]}var[ff,df,hf]=ra(1),[pf,mf,gf]=ra(.001);Sr(2,-53,53,[1]);function vs(e,t){return e.map(n=>n.map((r,l)=>l==0||l==8||r==null?r:t(l==1||n[8]==0?r:n[1]+r)))}function bs(e,t){return(n,r,l,i,s)=>{let a=t.find(y=>s>=y[0])||t[t.length-1],d,f,m,g,_,x;return r.map(y=>{let k=e(y),M=k.getFullYear(),E=k.getMonth(),b=k.getDate(),P=k.getHours(),S=k.getMinutes(),D=k.getSeconds(),C=M!=d&&a[2]||E!=f&&a[3]||b!=m&&a[4]||P!=g&&a[5]||S!=_&&a[6]||D!=x&&a[7]||a[1];return d=M,f=E,m=b,g=P,_=S,x=D,C(k)})}}function _f(e,t){let n=ki(t);return(r,l,i,s,a)=>l.map(d=>n(e(d)))}function ri(e,t,n){return new Date(e,t,n)}function ks(e,t){return t(e)}var xf="{YYYY}-{MM}-{DD} {h}:{mm}{aa}";function Ss(e,t){return(n,r,l,i)=>i==null?_i:t(e(r))}function wf(e,t){let n=e.series[t];return n.width?n.stroke(e,t):n.points.width?n.points.stroke(e,t):null}function yf(e,t){return e.series[t].fill(e,t)}var vf={show:!0,live:!0,isolate:!1,mount:Iu,markers:{show:!0,width:2,stroke:wf,fill:yf,dash:"solid"},idx:null,idxs:null,values:[]};function bf(e,t){let n=e.cursor.points,r=vt(),l=n.size(e,t);we(r,wr,l),we(r,yr,l);let i=l/-2;we(r,"marginLeft",i),we(r,"marginTop",i);let s=n.width(e,t,l);return s&&we(r,"borderWidth",s),r}function kf(e,t){let n=e.series[t].points;return n._fill||n._stroke}function Sf(e,t){let n=e.series[t].points;return n._stroke||n._fill}function Mf(e,t){return e.series[t].points.size}var li=[0,0];function Tf(e,t,n){return li[0]=t,li[1]=n,li}function qr(e,t,n,r=!0){return l=>{l.button==0&&(!r||l.target==t)&&n(l)}}function ii(e,t,n,r=!0){return l=>{(!r||l.target==t)&&n(l)}}var Ef={show:!0,x:!0,y:!0,lock:!1,move:Tf,points:{one:!1,show:bf,size:Mf,width:0,stroke:Sf,fill:kf},bind:{mousedown:qr,mouseup:qr,click:qr,dblclick:qr,mousemove:ii,mouseleave:ii,mouseenter:ii},drag:{setScale:!0,x:!0,y:!1,dist:0,uni:null,click:(e,t)=>{t.stopPropagation(),t.stopImmediatePropagation()},_x:!1,_y:!1},focus:{dist:(e,t,n,r,l)=>r-l,prox:-1,bias:0},hover:{skip:[void 0],prox:null,bias:0},left:-10,top:-10,idx:null,dataIdx:null,idxs:null,event:null},la={show:!0,stroke:"rgba(0,0,0,0.07)",width:2},Mi=Pe({},la,{filter:Ws}),ia=Pe({},Mi,{size:10}),oa=Pe({},la,{show:!1}),Ti='12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji"',sa="bold "+Ti,aa=1.5,Ms={show:!0,scale:"x",stroke:gi,space:50,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:sa,side:2,grid:Mi,ticks:ia,border:oa,font:Ti,lineGap:aa,rotate:0},Af="Value",$f="Time",Ts={show:!0,scale:"x",auto:!1,sorted:1,min:de,max:-de,idxs:[]};function Pf(e,t,n,r,l){return t.map(i=>i==null?"":vi(i))}function Lf(e,t,n,r,l,i,s){let a=[],d=sn.get(l)||0;n=s?n:he(el(n,l),d);for(let f=n;f<=r;f=he(f+l,d))a.push(Object.is(f,-0)?0:f);return a}function fi(e,t,n,r,l,i,s){let a=[],d=e.scales[e.axes[t].scale].log,f=d==10?Ut:Vs,m=dt(f(n));l=Jn(d,m),d==10&&(l=bn[$t(l,bn)]);let g=n,_=l*d;d==10&&(_=bn[$t(_,bn)]);do a.push(g),g=g+l,d==10&&!sn.has(g)&&(g=he(g,sn.get(l))),g>=_&&(l=g,_=l*d,d==10&&(_=bn[$t(_,bn)]));while(g<=r);return a}function Cf(e,t,n,r,l,i,s){let d=e.scales[e.axes[t].scale].asinh,f=r>d?fi(e,t,et(d,n),r,l):[d],m=r>=0&&n<=0?[0]:[];return(n<-d?fi(e,t,et(d,-r),-n,l):[d]).reverse().map(_=>-_).concat(m,f)}var ca=/./,Df=/[12357]/,zf=/[125]/,Es=/1/,di=(e,t,n,r)=>e.map((l,i)=>t==4&&l==0||i%r==0&&n.test(l.toExponential()[l<0?1:0])?l:null);function Of(e,t,n,r,l){let i=e.axes[n],s=i.scale,a=e.scales[s],d=e.valToPos,f=i._space,m=d(10,s),g=d(9,s)-m>=f?ca:d(7,s)-m>=f?Df:d(5,s)-m>=f?zf:Es;if(g==Es){let _=Re(d(1,s)-m);if(_<f)return di(t.slice().reverse(),a.distr,g,bt(f/_)).reverse()}return di(t,a.distr,g,1)}function Rf(e,t,n,r,l){let i=e.axes[n],s=i.scale,a=i._space,d=e.valToPos,f=Re(d(1,s)-d(2,s));return f<a?di(t.slice().reverse(),3,ca,bt(a/f)).reverse():t}function Ff(e,t,n,r){return r==null?_i:t==null?"":vi(t)}var As={show:!0,scale:"y",stroke:gi,space:30,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:sa,side:3,grid:Mi,ticks:ia,border:oa,font:Ti,lineGap:aa,rotate:0};function Nf(e,t){let n=3+(e||1)*2;return he(n*t,3)}function If(e,t){let{scale:n,idxs:r}=e.series[0],l=e._data[0],i=e.valToPos(l[r[0]],n,!0),s=e.valToPos(l[r[1]],n,!0),a=Re(s-i),d=e.series[t],f=a/(d.points.space*oe);return r[1]-r[0]<=f}var $s={scale:null,auto:!0,sorted:0,min:de,max:-de},ua=(e,t,n,r,l)=>l,Ps={show:!0,auto:!0,sorted:0,gaps:ua,alpha:1,facets:[Pe({},$s,{scale:"x"}),Pe({},$s,{scale:"y"})]},Ls={scale:"y",auto:!0,sorted:0,show:!0,spanGaps:!1,gaps:ua,alpha:1,points:{show:If,filter:null},values:null,min:de,max:-de,idxs:[],path:null,clip:null};function jf(e,t,n,r,l){return n/10}var fa={time:!0,auto:!0,distr:1,log:10,asinh:1,min:null,max:null,dir:1,ori:0},Vf=Pe({},fa,{time:!1,ori:1}),Cs={};function da(e,t){let n=Cs[e];return n||(n={key:e,plots:[],sub(r){n.plots.push(r)},unsub(r){n.plots=n.plots.filter(l=>l!=r)},pub(r,l,i,s,a,d,f){for(let m=0;m<n.plots.length;m++)n.plots[m]!=l&&n.plots[m].pub(r,l,i,s,a,d,f)}},e!=null&&(Cs[e]=n)),n}var er=1,hi=2;function Tn(e,t,n){let r=e.mode,l=e.series[t],i=r==2?e._data[t]:e._data,s=e.scales,a=e.bbox,d=i[0],f=r==2?i[1]:i[t],m=r==2?s[l.facets[0].scale]:s[e.series[0].scale],g=r==2?s[l.facets[1].scale]:s[l.scale],_=a.left,x=a.top,y=a.width,k=a.height,M=e.valToPosH,E=e.valToPosV;return m.ori==0?n(l,d,f,m,g,M,E,_,x,y,k,rl,nr,il,pa,ga):n(l,d,f,m,g,E,M,x,_,k,y,ll,rr,$i,ma,_a)}function Ei(e,t){let n=0,r=0,l=le(e.bands,bi);for(let i=0;i<l.length;i++){let s=l[i];s.series[0]==t?n=s.dir:s.series[1]==t&&(s.dir==1?r|=1:r|=2)}return[n,r==1?-1:r==2?1:r==3?2:0]}function Hf(e,t,n,r,l){let i=e.mode,s=e.series[t],a=i==2?s.facets[1].scale:s.scale,d=e.scales[a];return l==-1?d.min:l==1?d.max:d.distr==3?d.dir==1?d.min:d.max:0}function Gt(e,t,n,r,l,i){return Tn(e,t,(s,a,d,f,m,g,_,x,y,k,M)=>{let E=s.pxRound,b=f.dir*(f.ori==0?1:-1),P=f.ori==0?nr:rr,S,D;b==1?(S=n,D=r):(S=r,D=n);let C=E(g(a[S],f,k,x)),q=E(_(d[S],m,M,y)),B=E(g(a[D],f,k,x)),Z=E(_(i==1?m.max:m.min,m,M,y)),W=new Path2D(l);return P(W,B,Z),P(W,C,Z),P(W,C,q),W})}function nl(e,t,n,r,l,i){let s=null;if(e.length>0){s=new Path2D;let a=t==0?il:$i,d=n;for(let g=0;g<e.length;g++){let _=e[g];if(_[1]>_[0]){let x=_[0]-d;x>0&&a(s,d,r,x,r+i),d=_[1]}}let f=n+l-d,m=10;f>0&&a(s,d,r-m/2,f,r+i+m)}return s}function Bf(e,t,n){let r=e[e.length-1];r&&r[0]==t?r[1]=n:e.push([t,n])}function Ai(e,t,n,r,l,i,s){let a=[],d=e.length;for(let f=l==1?n:r;f>=n&&f<=r;f+=l)if(t[f]===null){let g=f,_=f;if(l==1)for(;++f<=r&&t[f]===null;)_=f;else for(;--f>=n&&t[f]===null;)_=f;let x=i(e[g]),y=_==g?x:i(e[_]),k=g-l;x=s<=0&&k>=0&&k<d?i(e[k]):x;let E=_+l;y=s>=0&&E>=0&&E<d?i(e[E]):y,y>=x&&a.push([x,y])}return a}function Ds(e){return e==0?Bs:e==1?Oe:t=>vn(t,e)}function ha(e){let t=e==0?rl:ll,n=e==0?(l,i,s,a,d,f)=>{l.arcTo(i,s,a,d,f)}:(l,i,s,a,d,f)=>{l.arcTo(s,i,d,a,f)},r=e==0?(l,i,s,a,d)=>{l.rect(i,s,a,d)}:(l,i,s,a,d)=>{l.rect(s,i,d,a)};return(l,i,s,a,d,f=0,m=0)=>{f==0&&m==0?r(l,i,s,a,d):(f=Pt(f,a/2,d/2),m=Pt(m,a/2,d/2),t(l,i+f,s),n(l,i+a,s,i+a,s+d,f),n(l,i+a,s+d,i,s+d,m),n(l,i,s+d,i,s,m),n(l,i,s,i+a,s,f),l.closePath())}}var rl=(e,t,n)=>{e.moveTo(t,n)},ll=(e,t,n)=>{e.moveTo(n,t)},nr=(e,t,n)=>{e.lineTo(t,n)},rr=(e,t,n)=>{e.lineTo(n,t)},il=ha(0),$i=ha(1),pa=(e,t,n,r,l,i)=>{e.arc(t,n,r,l,i)},ma=(e,t,n,r,l,i)=>{e.arc(n,t,r,l,i)},ga=(e,t,n,r,l,i,s)=>{e.bezierCurveTo(t,n,r,l,i,s)},_a=(e,t,n,r,l,i,s)=>{e.bezierCurveTo(n,t,l,r,s,i)};function xa(e){return(t,n,r,l,i)=>Tn(t,n,(s,a,d,f,m,g,_,x,y,k,M)=>{let{pxRound:E,points:b}=s,P,S;f.ori==0?(P=rl,S=pa):(P=ll,S=ma);let D=he(b.width*oe,3),C=(b.size-b.width)/2*oe,q=he(C*2,3),B=new Path2D,Z=new Path2D,{left:W,top:L,width:U,height:O}=t.bbox;il(Z,W-q,L-q,U+q*2,O+q*2);let Y=H=>{if(d[H]!=null){let te=E(g(a[H],f,k,x)),V=E(_(d[H],m,M,y));P(B,te+C,V),S(B,te,V,C,0,Yr*2)}};if(i)i.forEach(Y);else for(let H=r;H<=l;H++)Y(H);return{stroke:D>0?B:null,fill:B,clip:Z,flags:er|hi}})}function wa(e){return(t,n,r,l,i,s)=>{r!=l&&(i!=r&&s!=r&&e(t,n,r),i!=l&&s!=l&&e(t,n,l),e(t,n,s))}}var Wf=wa(nr),Uf=wa(rr);function ya(e){let t=le(e?.alignGaps,0);return(n,r,l,i)=>Tn(n,r,(s,a,d,f,m,g,_,x,y,k,M)=>{[l,i]=Qr(d,l,i);let E=s.pxRound,b=O=>E(g(O,f,k,x)),P=O=>E(_(O,m,M,y)),S,D;f.ori==0?(S=nr,D=Wf):(S=rr,D=Uf);let C=f.dir*(f.ori==0?1:-1),q={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:er},B=q.stroke,Z=!1;if(i-l>=k*4){let O=I=>n.posToVal(I,f.key,!0),Y=null,H=null,te,V,nt,ye=b(a[C==1?l:i]),ne=b(a[l]),ue=b(a[i]),Q=O(C==1?ne+1:ue-1);for(let I=C==1?l:i;I>=l&&I<=i;I+=C){let Le=a[I],ve=(C==1?Le<Q:Le>Q)?ye:b(Le),se=d[I];ve==ye?se!=null?(V=se,Y==null?(S(B,ve,P(V)),te=Y=H=V):V<Y?Y=V:V>H&&(H=V)):se===null&&(Z=!0):(Y!=null&&D(B,ye,P(Y),P(H),P(te),P(V)),se!=null?(V=se,S(B,ve,P(V)),Y=H=te=V):(Y=H=null,se===null&&(Z=!0)),ye=ve,Q=O(ye+C))}Y!=null&&Y!=H&&nt!=ye&&D(B,ye,P(Y),P(H),P(te),P(V))}else for(let O=C==1?l:i;O>=l&&O<=i;O+=C){let Y=d[O];Y===null?Z=!0:Y!=null&&S(B,b(a[O]),P(Y))}let[L,U]=Ei(n,r);if(s.fill!=null||L!=0){let O=q.fill=new Path2D(B),Y=s.fillTo(n,r,s.min,s.max,L),H=P(Y),te=b(a[l]),V=b(a[i]);C==-1&&([V,te]=[te,V]),S(O,V,H),S(O,te,H)}if(!s.spanGaps){let O=[];Z&&O.push(...Ai(a,d,l,i,C,b,t)),q.gaps=O=s.gaps(n,r,l,i,O),q.clip=nl(O,f.ori,x,y,k,M)}return U!=0&&(q.band=U==2?[Gt(n,r,l,i,B,-1),Gt(n,r,l,i,B,1)]:Gt(n,r,l,i,B,U)),q})}function Gf(e){let t=le(e.align,1),n=le(e.ascDesc,!1),r=le(e.alignGaps,0),l=le(e.extend,!1);return(i,s,a,d)=>Tn(i,s,(f,m,g,_,x,y,k,M,E,b,P)=>{[a,d]=Qr(g,a,d);let S=f.pxRound,{left:D,width:C}=i.bbox,q=ne=>S(y(ne,_,b,M)),B=ne=>S(k(ne,x,P,E)),Z=_.ori==0?nr:rr,W={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:er},L=W.stroke,U=_.dir*(_.ori==0?1:-1),O=B(g[U==1?a:d]),Y=q(m[U==1?a:d]),H=Y,te=Y;l&&t==-1&&(te=D,Z(L,te,O)),Z(L,Y,O);for(let ne=U==1?a:d;ne>=a&&ne<=d;ne+=U){let ue=g[ne];if(ue==null)continue;let Q=q(m[ne]),I=B(ue);t==1?Z(L,Q,O):Z(L,H,I),Z(L,Q,I),O=I,H=Q}let V=H;l&&t==1&&(V=D+C,Z(L,V,O));let[nt,ye]=Ei(i,s);if(f.fill!=null||nt!=0){let ne=W.fill=new Path2D(L),ue=f.fillTo(i,s,f.min,f.max,nt),Q=B(ue);Z(ne,V,Q),Z(ne,te,Q)}if(!f.spanGaps){let ne=[];ne.push(...Ai(m,g,a,d,U,q,r));let ue=f.width*oe/2,Q=n||t==1?ue:-ue,I=n||t==-1?-ue:ue;ne.forEach(Le=>{Le[0]+=Q,Le[1]+=I}),W.gaps=ne=f.gaps(i,s,a,d,ne),W.clip=nl(ne,_.ori,M,E,b,P)}return ye!=0&&(W.band=ye==2?[Gt(i,s,a,d,L,-1),Gt(i,s,a,d,L,1)]:Gt(i,s,a,d,L,ye)),W})}function zs(e,t,n,r,l,i,s=de){if(e.length>1){let a=null;for(let d=0,f=1/0;d<e.length;d++)if(t[d]!==void 0){if(a!=null){let m=Re(e[d]-e[a]);m<f&&(f=m,s=Re(n(e[d],r,l,i)-n(e[a],r,l,i)))}a=d}}return s}function qf(e){e=e||kr;let t=le(e.size,[.6,de,1]),n=e.align||0,r=e.gap||0,l=e.radius;l=l==null?[0,0]:typeof l=="number"?[l,0]:l;let i=ee(l),s=1-t[0],a=le(t[1],de),d=le(t[2],1),f=le(e.disp,kr),m=le(e.each,x=>{}),{fill:g,stroke:_}=f;return(x,y,k,M)=>Tn(x,y,(E,b,P,S,D,C,q,B,Z,W,L)=>{let U=E.pxRound,O=n,Y=r*oe,H=a*oe,te=d*oe,V,nt;S.ori==0?[V,nt]=i(x,y):[nt,V]=i(x,y);let ye=S.dir*(S.ori==0?1:-1),ne=S.ori==0?il:$i,ue=S.ori==0?m:(F,pe,Ce,Pn,un,Ct,fn)=>{m(F,pe,Ce,un,Pn,fn,Ct)},Q=le(x.bands,bi).find(F=>F.series[0]==y),I=Q!=null?Q.dir:0,Le=E.fillTo(x,y,E.min,E.max,I),Ke=U(q(Le,D,L,Z)),ve,se,kt,ot=W,Me=U(E.width*oe),Lt=!1,Vt=null,pt=null,Yt=null,En=null;g!=null&&(Me==0||_!=null)&&(Lt=!0,Vt=g.values(x,y,k,M),pt=new Map,new Set(Vt).forEach(F=>{F!=null&&pt.set(F,new Path2D)}),Me>0&&(Yt=_.values(x,y,k,M),En=new Map,new Set(Yt).forEach(F=>{F!=null&&En.set(F,new Path2D)})));let{x0:An,size:ir}=f;if(An!=null&&ir!=null){O=1,b=An.values(x,y,k,M),An.unit==2&&(b=b.map(Ce=>x.posToVal(B+Ce*W,S.key,!0)));let F=ir.values(x,y,k,M);ir.unit==2?se=F[0]*W:se=C(F[0],S,W,B)-C(0,S,W,B),ot=zs(b,P,C,S,W,B,ot),kt=ot-se+Y}else ot=zs(b,P,C,S,W,B,ot),kt=ot*s+Y,se=ot-kt;kt<1&&(kt=0),Me>=se/2&&(Me=0),kt<5&&(U=Bs);let Tr=kt>0,an=ot-kt-(Tr?Me:0);se=U(ui(an,te,H)),ve=(O==0?se/2:O==ye?0:se)-O*ye*((O==0?Y/2:0)+(Tr?Me/2:0));let Ze={stroke:null,fill:null,clip:null,band:null,gaps:null,flags:0},$n=Lt?null:new Path2D,Ht=null;if(Q!=null)Ht=x.data[Q.series[1]];else{let{y0:F,y1:pe}=f;F!=null&&pe!=null&&(P=pe.values(x,y,k,M),Ht=F.values(x,y,k,M))}let cn=V*se,J=nt*se;for(let F=ye==1?k:M;F>=k&&F<=M;F+=ye){let pe=P[F];if(pe==null)continue;if(Ht!=null){let rt=Ht[F]??0;if(pe-rt==0)continue;Ke=q(rt,D,L,Z)}let Ce=S.distr!=2||f!=null?b[F]:F,Pn=C(Ce,S,W,B),un=q(le(pe,Le),D,L,Z),Ct=U(Pn-ve),fn=U(et(un,Ke)),st=U(Pt(un,Ke)),mt=fn-st;if(pe!=null){let rt=pe<0?J:cn,St=pe<0?cn:J;Lt?(Me>0&&Yt[F]!=null&&ne(En.get(Yt[F]),Ct,st+dt(Me/2),se,et(0,mt-Me),rt,St),Vt[F]!=null&&ne(pt.get(Vt[F]),Ct,st+dt(Me/2),se,et(0,mt-Me),rt,St)):ne($n,Ct,st+dt(Me/2),se,et(0,mt-Me),rt,St),ue(x,y,F,Ct-Me/2,st,se+Me,mt)}}return Me>0?Ze.stroke=Lt?En:$n:Lt||(Ze._fill=E.width==0?E._fill:E._stroke??E._fill,Ze.width=0),Ze.fill=Lt?pt:$n,Ze})}function Yf(e,t){let n=le(t?.alignGaps,0);return(r,l,i,s)=>Tn(r,l,(a,d,f,m,g,_,x,y,k,M,E)=>{[i,s]=Qr(f,i,s);let b=a.pxRound,P=V=>b(_(V,m,M,y)),S=V=>b(x(V,g,E,k)),D,C,q;m.ori==0?(D=rl,q=nr,C=ga):(D=ll,q=rr,C=_a);let B=m.dir*(m.ori==0?1:-1),Z=P(d[B==1?i:s]),W=Z,L=[],U=[];for(let V=B==1?i:s;V>=i&&V<=s;V+=B)if(f[V]!=null){let ye=d[V],ne=P(ye);L.push(W=ne),U.push(S(f[V]))}let O={stroke:e(L,U,D,q,C,b),fill:null,clip:null,band:null,gaps:null,flags:er},Y=O.stroke,[H,te]=Ei(r,l);if(a.fill!=null||H!=0){let V=O.fill=new Path2D(Y),nt=a.fillTo(r,l,a.min,a.max,H),ye=S(nt);q(V,W,ye),q(V,Z,ye)}if(!a.spanGaps){let V=[];V.push(...Ai(d,f,i,s,B,P,n)),O.gaps=V=a.gaps(r,l,i,s,V),O.clip=nl(V,m.ori,y,k,M,E)}return te!=0&&(O.band=te==2?[Gt(r,l,i,s,Y,-1),Gt(r,l,i,s,Y,1)]:Gt(r,l,i,s,Y,te)),O})}function Kf(e){return Yf(Zf,e)}function Zf(e,t,n,r,l,i){let s=e.length;if(s<2)return null;let a=new Path2D;if(n(a,e[0],t[0]),s==2)r(a,e[1],t[1]);else{let d=Array(s),f=Array(s-1),m=Array(s-1),g=Array(s-1);for(let _=0;_<s-1;_++)m[_]=t[_+1]-t[_],g[_]=e[_+1]-e[_],f[_]=m[_]/g[_];d[0]=f[0];for(let _=1;_<s-1;_++)f[_]===0||f[_-1]===0||f[_-1]>0!=f[_]>0?d[_]=0:(d[_]=3*(g[_-1]+g[_])/((2*g[_]+g[_-1])/f[_-1]+(g[_]+2*g[_-1])/f[_]),isFinite(d[_])||(d[_]=0));d[s-1]=f[s-2];for(let _=0;_<s-1;_++)l(a,e[_]+g[_]/3,t[_]+d[_]*g[_]/3,e[_+1]-g[_]/3,t[_+1]-d[_+1]*g[_]/3,e[_+1],t[_+1])}return a}var pi=new Set;function Os(){for(let e of pi)e.syncRect(!0)}tr&&(Sn($u,Zn,Os),Sn(Pu,Zn,Os,!0),Sn(Kr,Zn,()=>{qe.pxRatio=oe}));var Jf=ya(),Qf=xa();function Rs(e,t,n,r){return(r?[e[0],e[1]].concat(e.slice(2)):[e[0]].concat(e.slice(1))).map((i,s)=>mi(i,s,t,n))}function Xf(e,t){return e.map((n,r)=>r==0?{}:Pe({},t,n))}function mi(e,t,n,r){return Pe({},t==0?n:r,e)}function va(e,t,n){return t==null?Qn:[t,n]}var ed=va;function td(e,t,n){return t==null?Qn:Zr(t,n,yi,!0)}function ba(e,t,n,r){return t==null?Qn:Xr(t,n,e.scales[r].log,!1)}var nd=ba;function ka(e,t,n,r){return t==null?Qn:wi(t,n,e.scales[r].log,!1)}var rd=ka;function ld(e,t,n,r,l){let i=et(ps(e),ps(t)),s=t-e,a=$t(l/r*s,n);do{let d=n[a],f=r*d/s;if(f>=l&&i+(d<5?sn.get(d):0)<=17)return[d,f]}while(++a<n.length);return[0,0]}function Fs(e){let t,n;return e=e.replace(/(\d+)px/,(r,l)=>(t=Oe((n=+l)*oe))+"px"),[e,t,n]}function id(e){e.show&&[e.font,e.labelFont].forEach(t=>{let n=he(t[2]*oe,1);t[0]=t[0].replace(/[0-9.]+px/,n+"px"),t[1]=n})}function qe(e,t,n){let r={mode:le(e.mode,1)},l=r.mode;function i(o,c,h,p){let w=c.valToPct(o);return p+h*(c.dir==-1?1-w:w)}function s(o,c,h,p){let w=c.valToPct(o);return p+h*(c.dir==-1?w:1-w)}function a(o,c,h,p){return c.ori==0?i(o,c,h,p):s(o,c,h,p)}r.valToPosH=i,r.valToPosV=s;let d=!1;r.status=0;let f=r.root=vt(fu);if(e.id!=null&&(f.id=e.id),ft(f,e.class),e.title){let o=vt(pu,f);o.textContent=e.title}let m=At("canvas"),g=r.ctx=m.getContext("2d"),_=vt(mu,f);Sn("click",_,o=>{o.target===y&&(ge!=Vn||be!=Hn)&&Ge.click(r,o)},!0);let x=r.under=vt(gu,_);_.appendChild(m);let y=r.over=vt(_u,_);e=Xn(e);let k=+le(e.pxAlign,1),M=Ds(k);(e.plugins||[]).forEach(o=>{o.opts&&(e=o.opts(r,e)||e)});let E=e.ms||.001,b=r.series=l==1?Rs(e.series||[],Ts,Ls,!1):Xf(e.series||[null],Ps),P=r.axes=Rs(e.axes||[],Ms,As,!0),S=r.scales={},D=r.bands=e.bands||[];D.forEach(o=>{o.fill=ee(o.fill||null),o.dir=le(o.dir,-1)});let C=l==2?b[1].facets[0].scale:b[0].scale,q={axes:$c,series:Sc},B=(e.drawOrder||["axes","series"]).map(o=>q[o]);function Z(o){let c=o.distr==3?h=>Ut(h>0?h:o.clamp(r,h,o.min,o.max,o.key)):o.distr==4?h=>ni(h,o.asinh):o.distr==100?h=>o.fwd(h):h=>h;return h=>{let p=c(h),{_min:w,_max:v}=o,T=v-w;return(p-w)/T}}function W(o){let c=S[o];if(c==null){let h=(e.scales||kr)[o]||kr;if(h.from!=null){W(h.from);let p=Pe({},S[h.from],h,{key:o});p.valToPct=Z(p),S[o]=p}else{c=S[o]=Pe({},o==C?fa:Vf,h),c.key=o;let p=c.time,w=c.range,v=on(w);if((o!=C||l==2&&!p)&&(v&&(w[0]==null||w[1]==null)&&(w={min:w[0]==null?fs:{mode:1,hard:w[0],soft:w[0]},max:w[1]==null?fs:{mode:1,hard:w[1],soft:w[1]}},v=!1),!v&&tl(w))){let T=w;w=(A,$,z)=>$==null?Qn:Zr($,z,T)}c.range=ee(w||(p?ed:o==C?c.distr==3?nd:c.distr==4?rd:va:c.distr==3?ba:c.distr==4?ka:td)),c.auto=ee(v?!1:c.auto),c.clamp=ee(c.clamp||jf),c._min=c._max=null,c.valToPct=Z(c)}}}W("x"),W("y"),l==1&&b.forEach(o=>{W(o.scale)}),P.forEach(o=>{W(o.scale)});for(let o in e.scales)W(o);let L=S[C],U=L.distr,O,Y;L.ori==0?(ft(f,du),O=i,Y=s):(ft(f,hu),O=s,Y=i);let H={};for(let o in S){let c=S[o];(c.min!=null||c.max!=null)&&(H[o]={min:c.min,max:c.max},c.min=c.max=null)}let te=e.tzDate||(o=>new Date(Oe(o/E))),V=e.fmtDate||ki,nt=E==1?hf(te):gf(te),ye=bs(te,vs(E==1?df:mf,V)),ne=Ss(te,ks(xf,V)),ue=[],Q=r.legend=Pe({},vf,e.legend),I=r.cursor=Pe({},Ef,{drag:{y:l==2}},e.cursor),Le=Q.show,Ke=I.show,ve=Q.markers;Q.idxs=ue,ve.width=ee(ve.width),ve.dash=ee(ve.dash),ve.stroke=ee(ve.stroke),ve.fill=ee(ve.fill);let se,kt,ot,Me=[],Lt=[],Vt,pt=!1,Yt={};if(Q.live){let o=b[1]?b[1].values:null;pt=o!=null,Vt=pt?o(r,1,0):{_:0};for(let c in Vt)Yt[c]=_i}if(Le)if(se=At("table",ku,f),ot=At("tbody",null,se),Q.mount(r,se),pt){kt=At("thead",null,se,ot);let o=At("tr",null,kt);At("th",null,o);for(var En in Vt)At("th",Qo,o).textContent=En}else ft(se,Mu),Q.live&&ft(se,Su);let An={show:!0},ir={show:!1};function Tr(o,c){if(c==0&&(pt||!Q.live||l==2))return Qn;let h=[],p=At("tr",Tu,ot,ot.childNodes[c]);ft(p,o.class),o.show||ft(p,kn);let w=At("th",null,p);if(ve.show){let A=vt(Eu,w);if(c>0){let $=ve.width(r,c);$&&(A.style.border=$+"px "+ve.dash(r,c)+" "+ve.stroke(r,c)),A.style.background=ve.fill(r,c)}}let v=vt(Qo,w);o.label instanceof HTMLElement?v.appendChild(o.label):v.textContent=o.label,c>0&&(ve.show||(v.style.color=o.width>0?ve.stroke(r,c):ve.fill(r,c)),Ze("click",w,A=>{if(I._lock)return;hn(A);let $=b.indexOf(o);if((A.ctrlKey||A.metaKey)!=Q.isolate){let z=b.some((R,N)=>N>0&&N!=$&&R.show);b.forEach((R,N)=>{N>0&&zt(N,z?N==$?An:ir:An,!0,Ae.setSeries)})}else zt($,{show:!o.show},!0,Ae.setSeries)},!1),Cn&&Ze(ns,w,A=>{I._lock||(hn(A),zt(b.indexOf(o),Wn,!0,Ae.setSeries))},!1));for(var T in Vt){let A=At("td",Au,p);A.textContent="--",h.push(A)}return[p,h]}let an=new Map;function Ze(o,c,h,p=!0){let w=an.get(c)||{},v=I.bind[o](r,c,h,p);v&&(Sn(o,c,w[o]=v),an.set(c,w))}function $n(o,c,h){let p=an.get(c)||{};for(let w in p)(o==null||w==o)&&(ci(w,c,p[w]),delete p[w]);o==null&&an.delete(c)}let Ht=0,cn=0,J=0,F=0,pe=0,Ce=0,Pn=pe,un=Ce,Ct=J,fn=F,st=0,mt=0,rt=0,St=0;r.bbox={};let dl=!1,Er=!1,Ln=!1,dn=!1,Ar=!1,gt=!1;function hl(o,c,h){(h||o!=r.width||c!=r.height)&&Gi(o,c),Fn(!1),Ln=!0,Er=!0,Nn()}function Gi(o,c){r.width=Ht=J=o,r.height=cn=F=c,pe=Ce=0,_c(),xc();let h=r.bbox;st=h.left=vn(pe*oe,.5),mt=h.top=vn(Ce*oe,.5),rt=h.width=vn(J*oe,.5),St=h.height=vn(F*oe,.5)}let pc=3;function mc(){let o=!1,c=0;for(;!o;){c++;let h=Ec(c),p=Ac(c);o=c==pc||h&&p,o||(Gi(r.width,r.height),Er=!0)}}function gc({width:o,height:c}){hl(o,c)}r.setSize=gc;function _c(){let o=!1,c=!1,h=!1,p=!1;P.forEach((w,v)=>{if(w.show&&w._show){let{side:T,_size:A}=w,$=T%2,z=w.label!=null?w.labelSize:0,R=A+z;R>0&&($?(J-=R,T==3?(pe+=R,p=!0):h=!0):(F-=R,T==0?(Ce+=R,o=!0):c=!0))}}),pn[0]=o,pn[1]=h,pn[2]=c,pn[3]=p,J-=Kt[1]+Kt[3],pe+=Kt[3],F-=Kt[2]+Kt[0],Ce+=Kt[0]}function xc(){let o=pe+J,c=Ce+F,h=pe,p=Ce;function w(v,T){switch(v){case 1:return o+=T,o-T;case 2:return c+=T,c-T;case 3:return h-=T,h+T;case 0:return p-=T,p+T}}P.forEach((v,T)=>{if(v.show&&v._show){let A=v.side;v._pos=w(A,v._size),v.label!=null&&(v._lpos=w(A,v.labelSize))}})}if(I.dataIdx==null){let o=I.hover,c=o.skip=new Set(o.skip??[]);c.add(void 0);let h=o.prox=ee(o.prox),p=o.bias??=0;I.dataIdx=(w,v,T,A)=>{if(v==0)return T;let $=T,z=h(w,v,T,A)??de,R=z>=0&&z<de,N=L.ori==0?J:F,K=I.left,ie=t[0],re=t[v];if(c.has(re[T])){$=null;let X=null,G=null,j;if(p==0||p==-1)for(j=T;X==null&&j-- >0;)c.has(re[j])||(X=j);if(p==0||p==1)for(j=T;G==null&&j++<re.length;)c.has(re[j])||(G=j);if(X!=null||G!=null)if(R){let xe=X==null?-1/0:O(ie[X],L,N,0),Te=G==null?1/0:O(ie[G],L,N,0),Be=K-xe,fe=Te-K;Be<=fe?Be<=z&&($=X):fe<=z&&($=G)}else $=G==null?X:X==null?G:T-X<=G-T?X:G}else R&&Re(K-O(ie[T],L,N,0))>z&&($=null);return $}}let hn=o=>{I.event=o};I.idxs=ue,I._lock=!1;let Ye=I.points;Ye.show=ee(Ye.show),Ye.size=ee(Ye.size),Ye.stroke=ee(Ye.stroke),Ye.width=ee(Ye.width),Ye.fill=ee(Ye.fill);let Dt=r.focus=Pe({},e.focus||{alpha:.3},I.focus),Cn=Dt.prox>=0,Dn=Cn&&Ye.one,_t=[],zn=[],On=[];function qi(o,c){let h=Ye.show(r,c);if(h instanceof HTMLElement)return ft(h,bu),ft(h,o.class),jt(h,-10,-10,J,F),y.insertBefore(h,_t[c]),h}function Yi(o,c){if(l==1||c>0){let h=l==1&&S[o.scale].time,p=o.value;o.value=h?_s(p)?Ss(te,ks(p,V)):p||ne:p||Ff,o.label=o.label||(h?$f:Af)}if(Dn||c>0){o.width=o.width==null?1:o.width,o.paths=o.paths||Jf||ju,o.fillTo=ee(o.fillTo||Hf),o.pxAlign=+le(o.pxAlign,k),o.pxRound=Ds(o.pxAlign),o.stroke=ee(o.stroke||null),o.fill=ee(o.fill||null),o._stroke=o._fill=o._paths=o._focus=null;let h=Nf(et(1,o.width),1),p=o.points=Pe({},{size:h,width:et(1,h*.2),stroke:o.stroke,space:h*2,paths:Qf,_stroke:null,_fill:null},o.points);p.show=ee(p.show),p.filter=ee(p.filter),p.fill=ee(p.fill),p.stroke=ee(p.stroke),p.paths=ee(p.paths),p.pxAlign=o.pxAlign}if(Le){let h=Tr(o,c);Me.splice(c,0,h[0]),Lt.splice(c,0,h[1]),Q.values.push(null)}if(Ke){ue.splice(c,0,null);let h=null;Dn?c==0&&(h=qi(o,c)):c>0&&(h=qi(o,c)),_t.splice(c,0,h),zn.splice(c,0,0),On.splice(c,0,0)}He("addSeries",c)}function wc(o,c){c=c??b.length,o=l==1?mi(o,c,Ts,Ls):mi(o,c,{},Ps),b.splice(c,0,o),Yi(b[c],c)}r.addSeries=wc;function yc(o){if(b.splice(o,1),Le){Q.values.splice(o,1),Lt.splice(o,1);let c=Me.splice(o,1)[0];$n(null,c.firstChild),c.remove()}Ke&&(ue.splice(o,1),_t.splice(o,1)[0].remove(),zn.splice(o,1),On.splice(o,1)),He("delSeries",o)}r.delSeries=yc;let pn=[!1,!1,!1,!1];function vc(o,c){if(o._show=o.show,o.show){let h=o.side%2,p=S[o.scale];p==null&&(o.scale=h?b[1].scale:C,p=S[o.scale]);let w=p.time;o.size=ee(o.size),o.space=ee(o.space),o.rotate=ee(o.rotate),on(o.incrs)&&o.incrs.forEach(T=>{!sn.has(T)&&sn.set(T,Gs(T))}),o.incrs=ee(o.incrs||(p.distr==2?cf:w?E==1?ff:pf:bn)),o.splits=ee(o.splits||(w&&p.distr==1?nt:p.distr==3?fi:p.distr==4?Cf:Lf)),o.stroke=ee(o.stroke),o.grid.stroke=ee(o.grid.stroke),o.ticks.stroke=ee(o.ticks.stroke),o.border.stroke=ee(o.border.stroke);let v=o.values;o.values=on(v)&&!on(v[0])?ee(v):w?on(v)?bs(te,vs(v,V)):_s(v)?_f(te,v):v||ye:v||Pf,o.filter=ee(o.filter||(p.distr>=3&&p.log==10?Of:p.distr==3&&p.log==2?Rf:Ws)),o.font=Fs(o.font),o.labelFont=Fs(o.labelFont),o._size=o.size(r,null,c,0),o._space=o._rotate=o._incrs=o._found=o._splits=o._values=null,o._size>0&&(pn[c]=!0,o._el=vt(xu,_))}}function or(o,c,h,p){let[w,v,T,A]=h,$=c%2,z=0;return $==0&&(A||v)&&(z=c==0&&!w||c==2&&!T?Oe(Ms.size/3):0),$==1&&(w||T)&&(z=c==1&&!v||c==3&&!A?Oe(As.size/2):0),z}let Ki=r.padding=(e.padding||[or,or,or,or]).map(o=>ee(le(o,or))),Kt=r._padding=Ki.map((o,c)=>o(r,c,pn,0)),Ue,Ne=null,Ie=null,$r=l==1?b[0].idxs:null,Mt=null,sr=!1;function Zi(o,c){if(t=o??[],r.data=r._data=t,l==2){Ue=0;for(let h=1;h<b.length;h++)Ue+=t[h][0].length}else{t.length==0&&(r.data=r._data=t=[[]]),Mt=t[0],Ue=Mt.length;let h=t;if(U==2){h=t.slice();let p=h[0]=Array(Ue);for(let w=0;w<Ue;w++)p[w]=w}r._data=t=h}if(Fn(!0),He("setData"),U==2&&(Ln=!0),c!==!1){let h=L;h.auto(r,sr)?pl():Jt(C,h.min,h.max),dn=dn||I.left>=0,gt=!0,Nn()}}r.setData=Zi;function pl(){sr=!0;let o,c;l==1&&(Ue>0?(Ne=$r[0]=0,Ie=$r[1]=Ue-1,o=t[0][Ne],c=t[0][Ie],U==2?(o=Ne,c=Ie):o==c&&(U==3?[o,c]=Xr(o,o,L.log,!1):U==4?[o,c]=wi(o,o,L.log,!1):L.time?c=o+Oe(86400/E):[o,c]=Zr(o,c,yi,!0))):(Ne=$r[0]=o=null,Ie=$r[1]=c=null)),Jt(C,o,c)}let Pr,Rn,ml,gl,_l,xl,wl,yl,vl,lt;function Ji(o,c,h,p,w,v){o??=es,h??=bi,p??="butt",w??=es,v??="round",o!=Pr&&(g.strokeStyle=Pr=o),w!=Rn&&(g.fillStyle=Rn=w),c!=ml&&(g.lineWidth=ml=c),v!=_l&&(g.lineJoin=_l=v),p!=xl&&(g.lineCap=xl=p),h!=gl&&g.setLineDash(gl=h)}function Qi(o,c,h,p){c!=Rn&&(g.fillStyle=Rn=c),o!=wl&&(g.font=wl=o),h!=yl&&(g.textAlign=yl=h),p!=vl&&(g.textBaseline=vl=p)}function bl(o,c,h,p,w=0){if(p.length>0&&o.auto(r,sr)&&(c==null||c.min==null)){let v=le(Ne,0),T=le(Ie,p.length-1),A=h.min==null?zu(p,v,T,w,o.distr==3):[h.min,h.max];o.min=Pt(o.min,h.min=A[0]),o.max=et(o.max,h.max=A[1])}}let Xi={min:null,max:null};function bc(){for(let p in S){let w=S[p];H[p]==null&&(w.min==null||H[C]!=null&&w.auto(r,sr))&&(H[p]=Xi)}for(let p in S){let w=S[p];H[p]==null&&w.from!=null&&H[w.from]!=null&&(H[p]=Xi)}H[C]!=null&&Fn(!0);let o={};for(let p in H){let w=H[p];if(w!=null){let v=o[p]=Xn(S[p],Bu);if(w.min!=null)Pe(v,w);else if(p!=C||l==2)if(Ue==0&&v.from==null){let T=v.range(r,null,null,p);v.min=T[0],v.max=T[1]}else v.min=de,v.max=-de}}if(Ue>0){b.forEach((p,w)=>{if(l==1){let v=p.scale,T=H[v];if(T==null)return;let A=o[v];if(w==0){let $=A.range(r,A.min,A.max,v);A.min=$[0],A.max=$[1],Ne=$t(A.min,t[0]),Ie=$t(A.max,t[0]),Ie-Ne>1&&(t[0][Ne]<A.min&&Ne++,t[0][Ie]>A.max&&Ie--),p.min=Mt[Ne],p.max=Mt[Ie]}else p.show&&p.auto&&bl(A,T,p,t[w],p.sorted);p.idxs[0]=Ne,p.idxs[1]=Ie}else if(w>0&&p.show&&p.auto){let[v,T]=p.facets,A=v.scale,$=T.scale,[z,R]=t[w],N=o[A],K=o[$];N!=null&&bl(N,H[A],v,z,v.sorted),K!=null&&bl(K,H[$],T,R,T.sorted),p.min=T.min,p.max=T.max}});for(let p in o){let w=o[p],v=H[p];if(w.from==null&&(v==null||v.min==null)){let T=w.range(r,w.min==de?null:w.min,w.max==-de?null:w.max,p);w.min=T[0],w.max=T[1]}}}for(let p in o){let w=o[p];if(w.from!=null){let v=o[w.from];if(v.min==null)w.min=w.max=null;else{let T=w.range(r,v.min,v.max,p);w.min=T[0],w.max=T[1]}}}let c={},h=!1;for(let p in o){let w=o[p],v=S[p];if(v.min!=w.min||v.max!=w.max){v.min=w.min,v.max=w.max;let T=v.distr;v._min=T==3?Ut(v.min):T==4?ni(v.min,v.asinh):T==100?v.fwd(v.min):v.min,v._max=T==3?Ut(v.max):T==4?ni(v.max,v.asinh):T==100?v.fwd(v.max):v.max,c[p]=h=!0}}if(h){b.forEach((p,w)=>{l==2?w>0&&c.y&&(p._paths=null):c[p.scale]&&(p._paths=null)});for(let p in c)Ln=!0,He("setScale",p);Ke&&I.left>=0&&(dn=gt=!0)}for(let p in H)H[p]=null}function kc(o){let c=ui(Ne-1,0,Ue-1),h=ui(Ie+1,0,Ue-1);for(;o[c]==null&&c>0;)c--;for(;o[h]==null&&h<Ue-1;)h++;return[c,h]}function Sc(){if(Ue>0){let o=b.some(c=>c._focus)&&lt!=Dt.alpha;o&&(g.globalAlpha=lt=Dt.alpha),b.forEach((c,h)=>{if(h>0&&c.show&&(eo(h,!1),eo(h,!0),c._paths==null)){let p=lt;lt!=c.alpha&&(g.globalAlpha=lt=c.alpha);let w=l==2?[0,t[h][0].length-1]:kc(t[h]);c._paths=c.paths(r,h,w[0],w[1]),lt!=p&&(g.globalAlpha=lt=p)}}),b.forEach((c,h)=>{if(h>0&&c.show){let p=lt;lt!=c.alpha&&(g.globalAlpha=lt=c.alpha),c._paths!=null&&to(h,!1);{let w=c._paths!=null?c._paths.gaps:null,v=c.points.show(r,h,Ne,Ie,w),T=c.points.filter(r,h,v,w);(v||T)&&(c.points._paths=c.points.paths(r,h,Ne,Ie,T),to(h,!0))}lt!=p&&(g.globalAlpha=lt=p),He("drawSeries",h)}}),o&&(g.globalAlpha=lt=1)}}function eo(o,c){let h=c?b[o].points:b[o];h._stroke=h.stroke(r,o),h._fill=h.fill(r,o)}function to(o,c){let h=c?b[o].points:b[o],{stroke:p,fill:w,clip:v,flags:T,_stroke:A=h._stroke,_fill:$=h._fill,_width:z=h.width}=h._paths;z=he(z*oe,3);let R=null,N=z%2/2;c&&$==null&&($=z>0?"#fff":A);let K=h.pxAlign==1&&N>0;if(K&&g.translate(N,N),!c){let ie=st-z/2,re=mt-z/2,X=rt+z,G=St+z;R=new Path2D,R.rect(ie,re,X,G)}c?kl(A,z,h.dash,h.cap,$,p,w,T,v):Mc(o,A,z,h.dash,h.cap,$,p,w,T,R,v),K&&g.translate(-N,-N)}function Mc(o,c,h,p,w,v,T,A,$,z,R){let N=!1;$!=0&&D.forEach((K,ie)=>{if(K.series[0]==o){let re=b[K.series[1]],X=t[K.series[1]],G=(re._paths||kr).band;on(G)&&(G=K.dir==1?G[0]:G[1]);let j,xe=null;re.show&&G&&Ru(X,Ne,Ie)?(xe=K.fill(r,ie)||v,j=re._paths.clip):G=null,kl(c,h,p,w,xe,T,A,$,z,R,j,G),N=!0}}),N||kl(c,h,p,w,v,T,A,$,z,R)}let no=er|hi;function kl(o,c,h,p,w,v,T,A,$,z,R,N){Ji(o,c,h,p,w),($||z||N)&&(g.save(),$&&g.clip($),z&&g.clip(z)),N?(A&no)==no?(g.clip(N),R&&g.clip(R),Cr(w,T),Lr(o,v,c)):A&hi?(Cr(w,T),g.clip(N),Lr(o,v,c)):A&er&&(g.save(),g.clip(N),R&&g.clip(R),Cr(w,T),g.restore(),Lr(o,v,c)):(Cr(w,T),Lr(o,v,c)),($||z||N)&&g.restore()}function Lr(o,c,h){h>0&&(c instanceof Map?c.forEach((p,w)=>{g.strokeStyle=Pr=w,g.stroke(p)}):c!=null&&o&&g.stroke(c))}function Cr(o,c){c instanceof Map?c.forEach((h,p)=>{g.fillStyle=Rn=p,g.fill(h)}):c!=null&&o&&g.fill(c)}function Tc(o,c,h,p){let w=P[o],v;if(p<=0)v=[0,0];else{let T=w._space=w.space(r,o,c,h,p),A=w._incrs=w.incrs(r,o,c,h,p,T);v=ld(c,h,A,p,T)}return w._found=v}function Sl(o,c,h,p,w,v,T,A,$,z){let R=T%2/2;k==1&&g.translate(R,R),Ji(A,T,$,z,A),g.beginPath();let N,K,ie,re,X=w+(p==0||p==3?-v:v);h==0?(K=w,re=X):(N=w,ie=X);for(let G=0;G<o.length;G++)c[G]!=null&&(h==0?N=ie=o[G]:K=re=o[G],g.moveTo(N,K),g.lineTo(ie,re));g.stroke(),k==1&&g.translate(-R,-R)}function Ec(o){let c=!0;return P.forEach((h,p)=>{if(!h.show)return;let w=S[h.scale];if(w.min==null){h._show&&(c=!1,h._show=!1,Fn(!1));return}else h._show||(c=!1,h._show=!0,Fn(!1));let v=h.side,T=v%2,{min:A,max:$}=w,[z,R]=Tc(p,A,$,T==0?J:F);if(R==0)return;let N=w.distr==2,K=h._splits=h.splits(r,p,A,$,z,R,N),ie=w.distr==2?K.map(j=>Mt[j]):K,re=w.distr==2?Mt[K[1]]-Mt[K[0]]:z,X=h._values=h.values(r,h.filter(r,ie,p,R,re),p,R,re);h._rotate=v==2?h.rotate(r,X,p,R):0;let G=h._size;h._size=bt(h.size(r,X,p,o)),G!=null&&h._size!=G&&(c=!1)}),c}function Ac(o){let c=!0;return Ki.forEach((h,p)=>{let w=h(r,p,pn,o);w!=Kt[p]&&(c=!1),Kt[p]=w}),c}function $c(){for(let o=0;o<P.length;o++){let c=P[o];if(!c.show||!c._show)continue;let h=c.side,p=h%2,w,v,T=c.stroke(r,o),A=h==0||h==3?-1:1,[$,z]=c._found;if(c.label!=null){let Qe=c.labelGap*A,ut=Oe((c._lpos+Qe)*oe);Qi(c.labelFont[0],T,"center",h==2?_r:Xo),g.save(),p==1?(w=v=0,g.translate(ut,Oe(mt+St/2)),g.rotate((h==3?-Yr:Yr)/2)):(w=Oe(st+rt/2),v=ut);let _n=Hs(c.label)?c.label(r,o,$,z):c.label;g.fillText(_n,w,v),g.restore()}if(z==0)continue;let R=S[c.scale],N=p==0?rt:St,K=p==0?st:mt,ie=c._splits,re=R.distr==2?ie.map(Qe=>Mt[Qe]):ie,X=R.distr==2?Mt[ie[1]]-Mt[ie[0]]:$,G=c.ticks,j=c.border,xe=G.show?G.size:0,Te=Oe(xe*oe),Be=Oe((c.alignTo==2?c._size-xe-c.gap:c.gap)*oe),fe=c._rotate*-Yr/180,Ee=M(c._pos*oe),at=(Te+Be)*A,Je=Ee+at;v=p==0?Je:0,w=p==1?Je:0;let xt=c.font[0],Tt=c.align==1?Yn:c.align==2?Xl:fe>0?Yn:fe<0?Xl:p==0?"center":h==3?Xl:Yn,Rt=fe||p==1?"middle":h==2?_r:Xo;Qi(xt,T,Tt,Rt);let ct=c.font[1]*c.lineGap,wt=ie.map(Qe=>M(a(Qe,R,N,K))),Et=c._values;for(let Qe=0;Qe<Et.length;Qe++){let ut=Et[Qe];if(ut!=null){p==0?w=wt[Qe]:v=wt[Qe],ut=""+ut;let _n=ut.indexOf(`
`)==-1?[ut]:ut.split(/\n/gm);for(let Xe=0;Xe<_n.length;Xe++){let bo=_n[Xe];fe?(g.save(),g.translate(w,v+Xe*ct),g.rotate(fe),g.fillText(bo,0,0),g.restore()):g.fillText(bo,w,v+Xe*ct)}}}G.show&&Sl(wt,G.filter(r,re,o,z,X),p,h,Ee,Te,he(G.width*oe,3),G.stroke(r,o),G.dash,G.cap);let Ft=c.grid;Ft.show&&Sl(wt,Ft.filter(r,re,o,z,X),p,p==0?2:1,p==0?mt:st,p==0?St:rt,he(Ft.width*oe,3),Ft.stroke(r,o),Ft.dash,Ft.cap),j.show&&Sl([Ee],[1],p==0?1:0,p==0?1:2,p==1?mt:st,p==1?St:rt,he(j.width*oe,3),j.stroke(r,o),j.dash,j.cap)}He("drawAxes")}function Fn(o){b.forEach((c,h)=>{h>0&&(c._paths=null,o&&(l==1?(c.min=null,c.max=null):c.facets.forEach(p=>{p.min=null,p.max=null})))})}let Dr=!1,Ml=!1,ar=[];function Pc(){Ml=!1;for(let o=0;o<ar.length;o++)He(...ar[o]);ar.length=0}function Nn(){Dr||(Zu(ro),Dr=!0)}function Lc(o,c=!1){Dr=!0,Ml=c,o(r),ro(),c&&ar.length>0&&queueMicrotask(Pc)}r.batch=Lc;function ro(){if(dl&&(bc(),dl=!1),Ln&&(mc(),Ln=!1),Er){if(we(x,Yn,pe),we(x,_r,Ce),we(x,wr,J),we(x,yr,F),we(y,Yn,pe),we(y,_r,Ce),we(y,wr,J),we(y,yr,F),we(_,wr,Ht),we(_,yr,cn),m.width=Oe(Ht*oe),m.height=Oe(cn*oe),P.forEach(({_el:o,_show:c,_size:h,_pos:p,side:w})=>{if(o!=null)if(c){let v=w===3||w===0?h:0,T=w%2==1;we(o,T?"left":"top",p-v),we(o,T?"width":"height",h),we(o,T?"top":"left",T?Ce:pe),we(o,T?"height":"width",T?F:J),ai(o,kn)}else ft(o,kn)}),Pr=Rn=ml=_l=xl=wl=yl=vl=gl=null,lt=1,fr(!0),pe!=Pn||Ce!=un||J!=Ct||F!=fn){Fn(!1);let o=J/Ct,c=F/fn;if(Ke&&!dn&&I.left>=0){I.left*=o,I.top*=c,In&&jt(In,Oe(I.left),0,J,F),jn&&jt(jn,0,Oe(I.top),J,F);for(let h=0;h<_t.length;h++){let p=_t[h];p!=null&&(zn[h]*=o,On[h]*=c,jt(p,bt(zn[h]),bt(On[h]),J,F))}}if(_e.show&&!Ar&&_e.left>=0&&_e.width>0){_e.left*=o,_e.width*=o,_e.top*=c,_e.height*=c;for(let h in Ll)we(Bn,h,_e[h])}Pn=pe,un=Ce,Ct=J,fn=F}He("setSize"),Er=!1}Ht>0&&cn>0&&(g.clearRect(0,0,m.width,m.height),He("drawClear"),B.forEach(o=>o()),He("draw")),_e.show&&Ar&&(zr(_e),Ar=!1),Ke&&dn&&(gn(null,!0,!1),dn=!1),Q.show&&Q.live&&gt&&($l(),gt=!1),d||(d=!0,r.status=1,He("ready")),sr=!1,Dr=!1}r.redraw=(o,c)=>{Ln=c||!1,o!==!1?Jt(C,L.min,L.max):Nn()};function Tl(o,c){let h=S[o];if(h.from==null){if(Ue==0){let p=h.range(r,c.min,c.max,o);c.min=p[0],c.max=p[1]}if(c.min>c.max){let p=c.min;c.min=c.max,c.max=p}if(Ue>1&&c.min!=null&&c.max!=null&&c.max-c.min<1e-16)return;o==C&&h.distr==2&&Ue>0&&(c.min=$t(c.min,t[0]),c.max=$t(c.max,t[0]),c.min==c.max&&c.max++),H[o]=c,dl=!0,Nn()}}r.setScale=Tl;let El,Al,In,jn,lo,io,Vn,Hn,oo,so,ge,be,Zt=!1,Ge=I.drag,je=Ge.x,Ve=Ge.y;Ke&&(I.x&&(El=vt(yu,y)),I.y&&(Al=vt(vu,y)),L.ori==0?(In=El,jn=Al):(In=Al,jn=El),ge=I.left,be=I.top);let _e=r.select=Pe({show:!0,over:!0,left:0,width:0,top:0,height:0},e.select),Bn=_e.show?vt(wu,_e.over?y:x):null;function zr(o,c){if(_e.show){for(let h in o)_e[h]=o[h],h in Ll&&we(Bn,h,o[h]);c!==!1&&He("setSelect")}}r.setSelect=zr;function Cc(o){if(b[o].show)Le&&ai(Me[o],kn);else if(Le&&ft(Me[o],kn),Ke){let h=Dn?_t[0]:_t[o];h!=null&&jt(h,-10,-10,J,F)}}function Jt(o,c,h){Tl(o,{min:c,max:h})}function zt(o,c,h,p){c.focus!=null&&Fc(o),c.show!=null&&b.forEach((w,v)=>{v>0&&(o==v||o==null)&&(w.show=c.show,Cc(v),l==2?(Jt(w.facets[0].scale,null,null),Jt(w.facets[1].scale,null,null)):Jt(w.scale,null,null),Nn())}),h!==!1&&He("setSeries",o,c),p&&dr("setSeries",r,o,c)}r.setSeries=zt;function Dc(o,c){Pe(D[o],c)}function zc(o,c){o.fill=ee(o.fill||null),o.dir=le(o.dir,-1),c=c??D.length,D.splice(c,0,o)}function Oc(o){o==null?D.length=0:D.splice(o,1)}r.addBand=zc,r.setBand=Dc,r.delBand=Oc;function Rc(o,c){b[o].alpha=c,Ke&&_t[o]!=null&&(_t[o].style.opacity=c),Le&&Me[o]&&(Me[o].style.opacity=c)}let Bt,Qt,mn,Wn={focus:!0};function Fc(o){if(o!=mn){let c=o==null,h=Dt.alpha!=1;b.forEach((p,w)=>{if(l==1||w>0){let v=c||w==0||w==o;p._focus=c?null:v,h&&Rc(w,v?1:Dt.alpha)}}),mn=o,h&&Nn()}}Le&&Cn&&Ze(rs,se,o=>{I._lock||(hn(o),mn!=null&&zt(null,Wn,!0,Ae.setSeries))});function Ot(o,c,h){let p=S[c];h&&(o=o/oe-(p.ori==1?Ce:pe));let w=J;p.ori==1&&(w=F,o=w-o),p.dir==-1&&(o=w-o);let v=p._min,T=p._max,A=o/w,$=v+(T-v)*A,z=p.distr;return z==3?Jn(10,$):z==4?Nu($,p.asinh):z==100?p.bwd($):$}function Nc(o,c){let h=Ot(o,C,c);return $t(h,t[0],Ne,Ie)}r.valToIdx=o=>$t(o,t[0]),r.posToIdx=Nc,r.posToVal=Ot,r.valToPos=(o,c,h)=>S[c].ori==0?i(o,S[c],h?rt:J,h?st:0):s(o,S[c],h?St:F,h?mt:0),r.setCursor=(o,c,h)=>{ge=o.left,be=o.top,gn(null,c,h)};function ao(o,c){we(Bn,Yn,_e.left=o),we(Bn,wr,_e.width=c)}function co(o,c){we(Bn,_r,_e.top=o),we(Bn,yr,_e.height=c)}let cr=L.ori==0?ao:co,ur=L.ori==1?ao:co;function Ic(){if(Le&&Q.live)for(let o=l==2?1:0;o<b.length;o++){if(o==0&&pt)continue;let c=Q.values[o],h=0;for(let p in c)Lt[o][h++].firstChild.nodeValue=c[p]}}function $l(o,c){if(o!=null&&(o.idxs?o.idxs.forEach((h,p)=>{ue[p]=h}):Hu(o.idx)||ue.fill(o.idx),Q.idx=ue[0]),Le&&Q.live){for(let h=0;h<b.length;h++)(h>0||l==1&&!pt)&&jc(h,ue[h]);Ic()}gt=!1,c!==!1&&He("setLegend")}r.setLegend=$l;function jc(o,c){let h=b[o],p=o==0&&U==2?Mt:t[o],w;pt?w=h.values(r,o,c)??Yt:(w=h.value(r,c==null?null:p[c],o,c),w=w==null?Yt:{_:w}),Q.values[o]=w}function gn(o,c,h){oo=ge,so=be,[ge,be]=I.move(r,ge,be),I.left=ge,I.top=be,Ke&&(In&&jt(In,Oe(ge),0,J,F),jn&&jt(jn,0,Oe(be),J,F));let p,w=Ne>Ie;Bt=de,Qt=null;let v=L.ori==0?J:F,T=L.ori==1?J:F;if(ge<0||Ue==0||w){p=I.idx=null;for(let A=0;A<b.length;A++){let $=_t[A];$!=null&&jt($,-10,-10,J,F)}Cn&&zt(null,Wn,!0,o==null&&Ae.setSeries),Q.live&&(ue.fill(p),gt=!0)}else{let A,$,z;l==1&&(A=L.ori==0?ge:be,$=Ot(A,C),p=I.idx=$t($,t[0],Ne,Ie),z=O(t[0][p],L,v,0));let R=-10,N=-10,K=0,ie=0,re=!0,X="",G="";for(let j=l==2?1:0;j<b.length;j++){let xe=b[j],Te=ue[j],Be=Te==null?null:l==1?t[j][Te]:t[j][1][Te],fe=I.dataIdx(r,j,p,$),Ee=fe==null?null:l==1?t[j][fe]:t[j][1][fe];if(gt=gt||Ee!=Be||fe!=Te,ue[j]=fe,j>0&&xe.show){let at=fe==null?-10:fe==p?z:O(l==1?t[0][fe]:t[j][0][fe],L,v,0),Je=Ee==null?-10:Y(Ee,l==1?S[xe.scale]:S[xe.facets[1].scale],T,0);if(Cn&&Ee!=null){let xt=L.ori==1?ge:be,Tt=Re(Dt.dist(r,j,fe,Je,xt));if(Tt<Bt){let Rt=Dt.bias;if(Rt!=0){let ct=Ot(xt,xe.scale),wt=Ee>=0?1:-1,Et=ct>=0?1:-1;Et==wt&&(Et==1?Rt==1?Ee>=ct:Ee<=ct:Rt==1?Ee<=ct:Ee>=ct)&&(Bt=Tt,Qt=j)}else Bt=Tt,Qt=j}}if(gt||Dn){let xt,Tt;L.ori==0?(xt=at,Tt=Je):(xt=Je,Tt=at);let Rt,ct,wt,Et,Ft,Qe,ut=!0,_n=Ye.bbox;if(_n!=null){ut=!1;let Xe=_n(r,j);wt=Xe.left,Et=Xe.top,Rt=Xe.width,ct=Xe.height}else wt=xt,Et=Tt,Rt=ct=Ye.size(r,j);if(Qe=Ye.fill(r,j),Ft=Ye.stroke(r,j),Dn)j==Qt&&Bt<=Dt.prox&&(R=wt,N=Et,K=Rt,ie=ct,re=ut,X=Qe,G=Ft);else{let Xe=_t[j];Xe!=null&&(zn[j]=wt,On[j]=Et,us(Xe,Rt,ct,ut),as(Xe,Qe,Ft),jt(Xe,bt(wt),bt(Et),J,F))}}}}if(Dn){let j=Dt.prox,xe=mn==null?Bt<=j:Bt>j||Qt!=mn;if(gt||xe){let Te=_t[0];Te!=null&&(zn[0]=R,On[0]=N,us(Te,K,ie,re),as(Te,X,G),jt(Te,bt(R),bt(N),J,F))}}}if(_e.show&&Zt)if(o!=null){let[A,$]=Ae.scales,[z,R]=Ae.match,[N,K]=o.cursor.sync.scales,ie=o.cursor.drag;if(je=ie._x,Ve=ie._y,je||Ve){let{left:re,top:X,width:G,height:j}=o.select,xe=o.scales[N].ori,Te=o.posToVal,Be,fe,Ee,at,Je,xt=A!=null&&z(A,N),Tt=$!=null&&R($,K);xt&&je?(xe==0?(Be=re,fe=G):(Be=X,fe=j),Ee=S[A],at=O(Te(Be,N),Ee,v,0),Je=O(Te(Be+fe,N),Ee,v,0),cr(Pt(at,Je),Re(Je-at))):cr(0,v),Tt&&Ve?(xe==1?(Be=re,fe=G):(Be=X,fe=j),Ee=S[$],at=Y(Te(Be,K),Ee,T,0),Je=Y(Te(Be+fe,K),Ee,T,0),ur(Pt(at,Je),Re(Je-at))):ur(0,T)}else Cl()}else{let A=Re(oo-lo),$=Re(so-io);if(L.ori==1){let K=A;A=$,$=K}je=Ge.x&&A>=Ge.dist,Ve=Ge.y&&$>=Ge.dist;let z=Ge.uni;z!=null?je&&Ve&&(je=A>=z,Ve=$>=z,!je&&!Ve&&($>A?Ve=!0:je=!0)):Ge.x&&Ge.y&&(je||Ve)&&(je=Ve=!0);let R,N;je&&(L.ori==0?(R=Vn,N=ge):(R=Hn,N=be),cr(Pt(R,N),Re(N-R)),Ve||ur(0,T)),Ve&&(L.ori==1?(R=Vn,N=ge):(R=Hn,N=be),ur(Pt(R,N),Re(N-R)),je||cr(0,v)),!je&&!Ve&&(cr(0,0),ur(0,0))}if(Ge._x=je,Ge._y=Ve,o==null){if(h){if(vo!=null){let[A,$]=Ae.scales;Ae.values[0]=A!=null?Ot(L.ori==0?ge:be,A):null,Ae.values[1]=$!=null?Ot(L.ori==1?ge:be,$):null}dr(ei,r,ge,be,J,F,p)}if(Cn){let A=h&&Ae.setSeries,$=Dt.prox;mn==null?Bt<=$&&zt(Qt,Wn,!0,A):Bt>$?zt(null,Wn,!0,A):Qt!=mn&&zt(Qt,Wn,!0,A)}}gt&&(Q.idx=p,$l()),c!==!1&&He("setCursor")}let Xt=null;Object.defineProperty(r,"rect",{get(){return Xt==null&&fr(!1),Xt}});function fr(o=!1){o?Xt=null:(Xt=y.getBoundingClientRect(),He("syncRect",Xt))}function uo(o,c,h,p,w,v,T){I._lock||Zt&&o!=null&&o.movementX==0&&o.movementY==0||(Pl(o,c,h,p,w,v,T,!1,o!=null),o!=null?gn(null,!0,!0):gn(c,!0,!1))}function Pl(o,c,h,p,w,v,T,A,$){if(Xt==null&&fr(!1),hn(o),o!=null)h=o.clientX-Xt.left,p=o.clientY-Xt.top;else{if(h<0||p<0){ge=-10,be=-10;return}let[z,R]=Ae.scales,N=c.cursor.sync,[K,ie]=N.values,[re,X]=N.scales,[G,j]=Ae.match,xe=c.axes[0].side%2==1,Te=L.ori==0?J:F,Be=L.ori==1?J:F,fe=xe?v:w,Ee=xe?w:v,at=xe?p:h,Je=xe?h:p;if(re!=null?h=G(z,re)?a(K,S[z],Te,0):-10:h=Te*(at/fe),X!=null?p=j(R,X)?a(ie,S[R],Be,0):-10:p=Be*(Je/Ee),L.ori==1){let xt=h;h=p,p=xt}}$&&(c==null||c.cursor.event.type==ei)&&((h<=1||h>=J-1)&&(h=vn(h,J)),(p<=1||p>=F-1)&&(p=vn(p,F))),A?(lo=h,io=p,[Vn,Hn]=I.move(r,h,p)):(ge=h,be=p)}let Ll={width:0,height:0,left:0,top:0};function Cl(){zr(Ll,!1)}let fo,ho,po,mo;function go(o,c,h,p,w,v,T){Zt=!0,je=Ve=Ge._x=Ge._y=!1,Pl(o,c,h,p,w,v,T,!0,!1),o!=null&&(Ze(ti,oi,_o,!1),dr(ts,r,Vn,Hn,J,F,null));let{left:A,top:$,width:z,height:R}=_e;fo=A,ho=$,po=z,mo=R}function _o(o,c,h,p,w,v,T){Zt=Ge._x=Ge._y=!1,Pl(o,c,h,p,w,v,T,!1,!0);let{left:A,top:$,width:z,height:R}=_e,N=z>0||R>0,K=fo!=A||ho!=$||po!=z||mo!=R;if(N&&K&&zr(_e),Ge.setScale&&N&&K){let ie=A,re=z,X=$,G=R;if(L.ori==1&&(ie=$,re=R,X=A,G=z),je&&Jt(C,Ot(ie,C),Ot(ie+re,C)),Ve)for(let j in S){let xe=S[j];j!=C&&xe.from==null&&xe.min!=de&&Jt(j,Ot(X+G,j),Ot(X,j))}Cl()}else I.lock&&(I._lock=!I._lock,gn(c,!0,o!=null));o!=null&&($n(ti,oi),dr(ti,r,ge,be,J,F,null))}function Vc(o,c,h,p,w,v,T){if(I._lock)return;hn(o);let A=Zt;if(Zt){let $=!0,z=!0,R=10,N,K;L.ori==0?(N=je,K=Ve):(N=Ve,K=je),N&&K&&($=ge<=R||ge>=J-R,z=be<=R||be>=F-R),N&&$&&(ge=ge<Vn?0:J),K&&z&&(be=be<Hn?0:F),gn(null,!0,!0),Zt=!1}ge=-10,be=-10,ue.fill(null),gn(null,!0,!0),A&&(Zt=A)}function xo(o,c,h,p,w,v,T){I._lock||(hn(o),pl(),Cl(),o!=null&&dr(ls,r,ge,be,J,F,null))}function wo(){P.forEach(id),hl(r.width,r.height,!0)}Sn(Kr,Zn,wo);let Un={};Un.mousedown=go,Un.mousemove=uo,Un.mouseup=_o,Un.dblclick=xo,Un.setSeries=(o,c,h,p)=>{let w=Ae.match[2];h=w(r,c,h),h!=-1&&zt(h,p,!0,!1)},Ke&&(Ze(ts,y,go),Ze(ei,y,uo),Ze(ns,y,o=>{hn(o),fr(!1)}),Ze(rs,y,Vc),Ze(ls,y,xo),pi.add(r),r.syncRect=fr);let Or=r.hooks=e.hooks||{};function He(o,c,h){Ml?ar.push([o,c,h]):o in Or&&Or[o].forEach(p=>{p.call(null,r,c,h)})}(e.plugins||[]).forEach(o=>{for(let c in o.hooks)Or[c]=(Or[c]||[]).concat(o.hooks[c])});let yo=(o,c,h)=>h,Ae=Pe({key:null,setSeries:!1,filters:{pub:ms,sub:ms},scales:[C,b[1]?b[1].scale:null],match:[gs,gs,yo],values:[null,null]},I.sync);Ae.match.length==2&&Ae.match.push(yo),I.sync=Ae;let vo=Ae.key,Dl=da(vo);function dr(o,c,h,p,w,v,T){Ae.filters.pub(o,c,h,p,w,v,T)&&Dl.pub(o,c,h,p,w,v,T)}Dl.sub(r);function Hc(o,c,h,p,w,v,T){Ae.filters.sub(o,c,h,p,w,v,T)&&Un[o](null,c,h,p,w,v,T)}r.pub=Hc;function Bc(){Dl.unsub(r),pi.delete(r),an.clear(),ci(Kr,Zn,wo),f.remove(),se?.remove(),He("destroy")}r.destroy=Bc;function zl(){He("init",e,t),Zi(t||e.data,!1),H[C]?Tl(C,H[C]):pl(),Ar=_e.show&&(_e.width>0||_e.height>0),dn=gt=!0,hl(e.width,e.height)}return b.forEach(Yi),P.forEach(vc),n?n instanceof HTMLElement?(n.appendChild(f),zl()):n(r,zl):zl(),r}qe.assign=Pe;qe.fmtNum=vi;qe.rangeNum=Zr;qe.rangeLog=Xr;qe.rangeAsinh=wi;qe.orient=Tn;qe.pxRatio=oe;qe.join=Ku;qe.fmtDate=ki,qe.tzDate=sf;qe.sync=da;{qe.addGap=Bf,qe.clipGaps=nl;let e=qe.paths={points:xa};e.linear=ya,e.stepped=Gf,e.bars=qf,e.spline=Kf}var Mr=(...e)=>()=>e,od=[{title:"Bit rate",keys:Mr("in","out"),say:Se,name:e=>e},{title:"Loss before repair",keys:Mr("loss"),say:We,name:()=>"loss"},{title:"Repairs a second",keys:Mr("repairs"),say:e=>e.toFixed(1),name:()=>"repairs"},{title:"Round trips",keys:e=>Object.keys(e).filter(t=>t.startsWith("rtt:")).sort(),say:Nt,name:e=>e.slice(4)},{title:"CPU",keys:Mr("cpu"),say:We,name:()=>"of one core"},{title:"Memory",keys:Mr("memory"),say:nn,name:()=>"resident"}],Li=["--plot-1","--plot-2","--plot-3","--plot-4","--plot-5","--plot-6"],Sa=132,Pi=e=>getComputedStyle(document.documentElement).getPropertyValue(e).trim();function sd(e,t,n){let r={stroke:Pi("--muted"),grid:{stroke:Pi("--line"),width:1},ticks:{show:!1},font:"11px system-ui, sans-serif"};return{width:n,height:Sa,legend:{show:!1},cursor:{y:!1,points:{size:6}},padding:[8,8,0,0],scales:{x:{time:!0},y:{range:(l,i,s)=>[0,s>0?s*1.15:1]}},axes:[{...r,space:70,size:26},{...r,size:72,space:30,values:(l,i)=>i.map(e.say)}],series:[{},...t.map((l,i)=>({label:e.name(l),stroke:Pi(Li[i%Li.length]??""),width:1.6,spanGaps:!1,points:{show:!1}}))]}}function ad({spec:e,history:t,theme:n}){let r=Wt(null),l=Wt(void 0),i=e.keys(t.series),s=Date.now()/1e3,a=[t.agesMs.map(g=>s-g/1e3),...i.map(g=>[...t.series[g]??[]])];ze(()=>{let{current:g}=r;if(g===null)return;let _=new qe(sd(e,i,g.clientWidth),a,g);l.current=_;let x=new ResizeObserver(()=>_.setSize({width:g.clientWidth,height:Sa}));return x.observe(g),()=>{x.disconnect(),_.destroy()}},[i.join(),n]),ze(()=>l.current?.setData(a),[t]);let d=g=>t.series[g]?.findLast(_=>_!==null),f=i.map(g=>({key:g,value:d(g)})),m=f.map(({key:g,value:_})=>`${e.name(g)} ${_==null?"unknown":e.say(_)}`).join(", ");return u("figure",{class:"plot",children:[u("figcaption",{children:[u("h3",{children:e.title}),u("span",{class:"figures",children:f.map(({key:g,value:_},x)=>u("span",{children:[u("i",{class:`swatch plot-${x%Li.length+1}`}),i.length>1&&`${e.name(g)} `,_==null?"\u2013":e.say(_)]},g))})]}),u("div",{ref:r,role:"img","aria-label":`${e.title}, now: ${m||"nothing yet"}`})]})}var cd=1e3;function ud(e,t){if(t.agesMs.length===0)return e;if(e.node!==t.node||e.first+e.agesMs.length!==t.first)return t;let n=(t.agesMs[0]??0)+t.stepMs-(e.agesMs.at(-1)??0),r=-cd,l=a=>new Array(a).fill(null),i=new Set([...Object.keys(e.series),...Object.keys(t.series)]),s=[...e.agesMs.map(a=>a+n),...t.agesMs].slice(r);return{...t,first:t.first+t.agesMs.length-s.length,agesMs:s,series:Object.fromEntries([...i].map(a=>[a,[...e.series[a]??l(e.agesMs.length),...t.series[a]??l(t.agesMs.length)].slice(r)]))}}function fd(e){let[t,n]=ke({});return ze(()=>{let r=!0,l,i=async()=>{for(;r;){let s=l===void 0?0:l.first+l.agesMs.length;try{let a=await it(`/api/v1/history?node=${encodeURIComponent(e)}&since=${s}`);l=l===void 0?a:ud(l,a),r&&n({history:l})}catch(a){r&&n({...l&&{history:l},trouble:String(a)})}await new Promise(a=>setTimeout(a,l?.stepMs??3e3))}};return n({}),i(),()=>void(r=!1)},[e]),t}function Ma({node:e,theme:t}){let{history:n,trouble:r}=fd(e);return n===void 0||n.agesMs.length===0?u("p",{class:"muted",children:r??"The first samples are on their way."}):u("div",{class:"plots",children:od.filter(l=>l.keys(n.series).some(i=>i in n.series)).map(l=>u(ad,{spec:l,history:n,theme:t},l.title))})}function Ci(){let e=Wt(null),[t,n]=ke(),[r,l]=ke(),i=d=>{n(d),l(void 0),e.current?.showModal()},s=async()=>{if(e.current?.close(),t!==void 0)try{await t.run(),l({text:`${t.title}: done.`,bad:!1})}catch(d){l({text:d instanceof Error?d.message:String(d),bad:!0})}},a=u(me,{children:[u("p",{role:"status",class:r?.bad===!0?"said bad":"said",children:r?.text}),u("dialog",{ref:e,"aria-labelledby":"confirm-title",children:[u("h2",{id:"confirm-title",children:t?.title}),u("p",{children:t?.words}),u("div",{class:"buttons",children:[u("button",{type:"button",onClick:()=>e.current?.close(),children:"Leave it"}),u("button",{type:"button",class:"danger",onClick:()=>void s(),children:t?.title})]})]})]});return{confirm:i,element:a}}var dd=["Session","Stream","State","From","Packets","Lost","Failovers","Last outage","Sinks"];function hd({one:e,end:t}){return u("tr",{children:[u("th",{scope:"row",children:e.session}),u("td",{children:e.stream}),u("td",{children:e.ended===!0?"ended":e.state??"\u2013"}),u("td",{children:e.parents?.join(", ")||"\u2013"}),u("td",{children:e.packets??"\u2013"}),u("td",{children:e.lost??"\u2013"}),u("td",{children:e.failovers??0}),u("td",{children:e.lastOutageMs===void 0?"\u2013":`${Math.round(e.lastOutageMs)} ms`}),u("td",{children:e.sinks?.map(({id:n})=>n).join(", ")}),t!==void 0&&u("td",{children:u("button",{type:"button","aria-label":`End session ${e.session}`,onClick:t,children:"End"})})]})}function Ta({sessions:e,offers:t}){let{confirm:n,element:r}=Ci(),l=t.has("delete /api/v1/sessions/{id}");if(e.length===0)return u("p",{class:"muted",children:"No session is open here."});let i=({session:s,stream:a})=>n({title:"End session",words:`Session ${s} on ${a} ends; its sinks are flushed.`,run:()=>gr("DELETE",`/api/v1/sessions/${encodeURIComponent(s)}`)});return u(me,{children:[u("div",{class:"scroll",role:"region","aria-label":"Sessions",tabIndex:0,children:u("table",{children:[u("thead",{children:u("tr",{children:[...dd,...l?["Steer"]:[]].map(s=>u("th",{scope:"col",children:s},s))})}),u("tbody",{children:e.map(s=>u(hd,{one:s,end:l?()=>i(s):void 0},s.session))})]})}),r]})}var pd=["debug","info","warn","error"],md=["put /api/v1/log","put /api/v1/log-level","put /api/v1/log/level"];function Ea({name:e,offers:t}){let{confirm:n,element:r}=Ci(),l=md.find(i=>t.has(i));return u(me,{children:[u("div",{class:"buttons",children:[l!==void 0&&pd.map(i=>u("button",{type:"button",onClick:()=>n({title:`Log ${i}`,words:`${e} logs ${i} messages and worse from now on.`,run:()=>gr("PUT",l.slice(4),{level:i})}),children:`Log ${i}`},i)),t.has("post /api/v1/drain")&&u("button",{type:"button",class:"danger",onClick:()=>n({title:"Drain",words:`${e} lets its children go to others, then stops. Viewers lose nothing.`,run:()=>gr("POST","/api/v1/drain")}),children:"Drain"})]}),r]})}function Aa({slot:e,now:t,choices:n,offers:r}){let{confirm:l,element:i}=Ci(),[s,a]=ke("");if(!r.has("put /api/v1/plugins/{slot}"))return null;let d=`swap-${e}`;return u("div",{class:"swap",children:[u("label",{for:d,children:"Swap for"}),u("input",{id:d,list:`${d}-list`,value:s,placeholder:"plugin",onInput:f=>a(f.currentTarget.value)}),u("datalist",{id:`${d}-list`,children:n.filter(f=>f!==t).map(f=>u("option",{value:f},f))}),u("button",{type:"button",disabled:s==="",onClick:()=>l({title:"Swap",words:`${s} takes the place of ${t} (${e}) while media goes on. When it cannot start, ${t} stays.`,run:()=>gr("PUT",`/api/v1/plugins/${encodeURIComponent(e)}`,{use:s})}),children:"Swap"}),i]})}function gd(e,t){let n=t===void 0?e.streams:e.streams.filter(({name:s})=>s===t),r=new Set(n.flatMap(s=>s.parents)),l=new Set(n.flatMap(s=>s.standby??[])),i=[...r].join(", ")||"\u2013";return l.size===0?i:`${i} (standby ${[...l].join(", ")})`}function $a({view:e,stream:t}){return u("div",{class:"scroll",role:"region","aria-label":"Table of nodes",tabIndex:0,children:u("table",{children:[u("caption",{children:`${e.nodes.length} nodes, seen from ${e.self}`}),u("thead",{children:u("tr",{children:["Node","Role","State","Takes from","Children","Viewers","In","Out","Loss","CPU","Memory","Up"].map(n=>u("th",{scope:"col",children:n},n))})}),u("tbody",{children:e.nodes.map(n=>u("tr",{class:n.state,children:[u("th",{scope:"row",children:u("a",{href:`#/node/${n.name}`,children:n.name})}),u("td",{children:ln[yt(n)]}),u("td",{children:n.state==="here"?"here":`silent ${rn(n.ageMs)}`}),u("td",{children:gd(n,t)}),u("td",{children:n.maxChildren>0?`${n.children} of ${n.maxChildren}`:"\u2013"}),u("td",{children:n.sessions}),u("td",{children:Se(n.rateIn)}),u("td",{children:Se(n.rateOut)}),u("td",{children:We(n.loss)}),u("td",{children:We(n.cpu)}),u("td",{children:n.memoryBytes===0?"\u2013":nn(n.memoryBytes)}),u("td",{children:rn(n.uptimeMs)})]},n.name))})]})})}function Pa({node:e}){return e.links.length===0?u("p",{class:"muted",children:"No neighbors are known."}):u("div",{class:"scroll",role:"region","aria-label":"Links",tabIndex:0,children:u("table",{children:[u("thead",{children:u("tr",{children:["Neighbor","State","Round trip","Loss in","Loss out","Control address"].map(t=>u("th",{scope:"col",children:t},t))})}),u("tbody",{children:e.links.map(t=>u("tr",{children:[u("th",{scope:"row",children:u("a",{href:`#/node/${t.name}`,children:t.name})}),u("td",{children:u("span",{class:`state ${t.state}`,children:t.state})}),u("td",{children:Nt(t.rttMs)}),u("td",{children:We(t.lossIn)}),u("td",{children:We(t.lossOut)}),u("td",{class:"mono",children:t.control.host===""?"\u2013":`${t.control.host}:${t.control.port}`})]},t.name))})]})})}function La({node:e}){return e.streams.length===0?u("p",{class:"muted",children:"No stream runs here."}):u("div",{class:"scroll",role:"region","aria-label":"Streams of this node",tabIndex:0,children:u("table",{children:[u("thead",{children:u("tr",{children:["Stream","State","From","Standby","In","Out","Loss","Repaired","Lost","Children","Viewers","Failovers"].map(t=>u("th",{scope:"col",children:t},t))})}),u("tbody",{children:e.streams.map(t=>u("tr",{children:[u("th",{scope:"row",children:t.name}),u("td",{children:t.state}),u("td",{children:t.parents.join(", ")||"\u2013"}),u("td",{children:t.standby??"\u2013"}),u("td",{children:Se(t.rateIn)}),u("td",{children:Se(t.rateOut)}),u("td",{children:We(t.loss)}),u("td",{children:t.repaired}),u("td",{children:t.lost}),u("td",{children:t.children}),u("td",{children:t.sessions}),u("td",{children:t.failovers})]},t.name))})]})})}function Ca(e,t){let[n,r]=ke();return ze(()=>{let l=()=>void it(e).then(r).catch(()=>{});l();let i=setInterval(l,t);return()=>clearInterval(i)},[e]),n}function _d(e){let{control:t,keepalive:n,media:r}=e.ports,l=[t,n,r].filter(s=>s>0).join(" / "),i=`${e.children} of ${e.maxChildren}${e.closed?", closed":""}`;return[["In",Se(e.rateIn)],["Out",Se(e.rateOut)],["Loss",We(e.loss)],["Repaired",e.repaired],["Lost for good",e.lost],["Viewers",e.sessions],...e.maxChildren>0?[["Children",i]]:[],["CPU",We(e.cpu)],...e.memoryBytes>0?[["Memory",nn(e.memoryBytes)]]:[],["Event loop late by",Nt(e.waitMs)],["Up for",rn(e.uptimeMs)],["Version",e.version],["Address",`${e.host} ${l}`]]}function xd({node:e}){return u("dl",{class:"facts",children:_d(e).map(([t,n])=>u("div",{children:[u("dt",{children:t}),u("dd",{children:n})]},t))})}function wd({state:e,name:t}){let n=Ca("/api/v1/sessions",2e3);return u(me,{children:[u("section",{class:"card","aria-label":"Sessions of this node",children:[u("h2",{children:"Sessions"}),u(Ta,{sessions:n??[],offers:e.offers})]}),u("section",{class:"card","aria-label":"Steer",children:[u("h2",{children:"Steer"}),u(Ea,{name:t,offers:e.offers})]})]})}function Da({state:e,view:t,name:n,theme:r}){let l=t.nodes.find(s=>s.name===n);if(l===void 0)return u(me,{children:[u("h1",{children:n}),u("p",{class:"muted",children:["This node is not seen (any more). ",u("a",{href:"#/",children:"Back to the network"})]})]});let i=yt(l);return u(me,{children:[u("h1",{children:[u("svg",{width:"30",height:"30",viewBox:"-11 -11 22 22","aria-hidden":"true",children:u(qn,{kind:i})}),l.name,u("span",{class:"muted",children:` ${ln[i]}${l.name===t.self?", this node":""}`}),l.state==="silent"&&u("span",{class:"state down",children:`silent for ${rn(l.ageMs)}`})]}),u("section",{class:"card","aria-label":"Figures",children:u(xd,{node:l})}),e.offers.has("get /api/v1/history")&&u("section",{class:"card","aria-label":"The last 15 minutes",children:[u("h2",{children:"The last 15 minutes"}),u(Ma,{node:l.name,theme:r})]}),u("section",{class:"card","aria-label":"Streams at this node",children:[u("h2",{children:"Streams"}),u(La,{node:l})]}),u("section",{class:"card","aria-label":"Links of this node",children:[u("h2",{children:"Links"}),u(Pa,{node:l})]}),l.name===t.self&&u(wd,{state:e,name:l.name})]})}function za({state:e,self:t}){let n=Ca("/api/v1/plugins",5e3)??[],r=new Set(["role","source","sink"]);return u(me,{children:[u("h1",{children:`Plugins of ${t}`}),u("div",{class:"grid",children:n.map(l=>u("section",{class:"card plugin","aria-label":l.id,children:[u("h2",{children:[l.id,u("span",{class:"slot",children:l.slot})]}),u("p",{children:l.summary}),u("details",{children:[u("summary",{children:l.configured?"Options":"Options (the default of its slot)"}),u("pre",{tabIndex:0,children:JSON.stringify(l.config,null,2)})]}),!r.has(l.slot)&&u(Aa,{slot:l.slot,now:l.name,choices:[],offers:e.offers})]},l.id))})]})}function yd(e){var t=0,n=e.children,r=n&&n.length;if(!r)t=1;else for(;--r>=0;)t+=n[r].value;e.value=t}function vd(){return this.eachAfter(yd)}function bd(e,t){let n=-1;for(let r of this)e.call(t,r,++n,this);return this}function kd(e,t){for(var n=this,r=[n],l,i,s=-1;n=r.pop();)if(e.call(t,n,++s,this),l=n.children)for(i=l.length-1;i>=0;--i)r.push(l[i]);return this}function Sd(e,t){for(var n=this,r=[n],l=[],i,s,a,d=-1;n=r.pop();)if(l.push(n),i=n.children)for(s=0,a=i.length;s<a;++s)r.push(i[s]);for(;n=l.pop();)e.call(t,n,++d,this);return this}function Md(e,t){let n=-1;for(let r of this)if(e.call(t,r,++n,this))return r}function Td(e){return this.eachAfter(function(t){for(var n=+e(t.data)||0,r=t.children,l=r&&r.length;--l>=0;)n+=r[l].value;t.value=n})}function Ed(e){return this.eachBefore(function(t){t.children&&t.children.sort(e)})}function Ad(e){for(var t=this,n=$d(t,e),r=[t];t!==n;)t=t.parent,r.push(t);for(var l=r.length;e!==n;)r.splice(l,0,e),e=e.parent;return r}function $d(e,t){if(e===t)return e;var n=e.ancestors(),r=t.ancestors(),l=null;for(e=n.pop(),t=r.pop();e===t;)l=e,e=n.pop(),t=r.pop();return l}function Pd(){for(var e=this,t=[e];e=e.parent;)t.push(e);return t}function Ld(){return Array.from(this)}function Cd(){var e=[];return this.eachBefore(function(t){t.children||e.push(t)}),e}function Dd(){var e=this,t=[];return e.each(function(n){n!==e&&t.push({source:n.parent,target:n})}),t}function*zd(){var e=this,t,n=[e],r,l,i;do for(t=n.reverse(),n=[];e=t.pop();)if(yield e,r=e.children)for(l=0,i=r.length;l<i;++l)n.push(r[l]);while(n.length)}function Fa(e,t){e instanceof Map?(e=[void 0,e],t===void 0&&(t=Fd)):t===void 0&&(t=Rd);for(var n=new lr(e),r,l=[n],i,s,a,d;r=l.pop();)if((s=t(r.data))&&(d=(s=Array.from(s)).length))for(r.children=s,a=d-1;a>=0;--a)l.push(i=s[a]=new lr(s[a])),i.parent=r,i.depth=r.depth+1;return n.eachBefore(Na)}function Od(){return Fa(this).eachBefore(Nd)}function Rd(e){return e.children}function Fd(e){return Array.isArray(e)?e[1]:null}function Nd(e){e.data.value!==void 0&&(e.value=e.data.value),e.data=e.data.data}function Na(e){var t=0;do e.height=t;while((e=e.parent)&&e.height<++t)}function lr(e){this.data=e,this.depth=this.height=0,this.parent=null}lr.prototype=Fa.prototype={constructor:lr,count:vd,each:bd,eachAfter:Sd,eachBefore:kd,find:Md,sum:Td,sort:Ed,path:Ad,ancestors:Pd,descendants:Ld,leaves:Cd,links:Dd,copy:Od,[Symbol.iterator]:zd};function Di(e){return e==null?null:Id(e)}function Id(e){if(typeof e!="function")throw new Error;return e}function Ia(e,t,n,r,l){for(var i=e.children,s,a=-1,d=i.length,f=e.value&&(r-t)/e.value;++a<d;)s=i[a],s.y0=n,s.y1=l,s.x0=t,s.x1=t+=s.value*f}var jd={depth:-1},Oa={},zi={};function Vd(e){return e.id}function Hd(e){return e.parentId}function ja(){var e=Vd,t=Hd,n;function r(l){var i=Array.from(l),s=e,a=t,d,f,m,g,_,x,y,k,M=new Map;if(n!=null){let E=i.map((S,D)=>Bd(n(S,D,l))),b=E.map(Ra),P=new Set(E).add("");for(let S of b)P.has(S)||(P.add(S),E.push(S),b.push(Ra(S)),i.push(zi));s=(S,D)=>E[D],a=(S,D)=>b[D]}for(m=0,d=i.length;m<d;++m)f=i[m],x=i[m]=new lr(f),(y=s(f,m,l))!=null&&(y+="")&&(k=x.id=y,M.set(k,M.has(k)?Oa:x)),(y=a(f,m,l))!=null&&(y+="")&&(x.parent=y);for(m=0;m<d;++m)if(x=i[m],y=x.parent){if(_=M.get(y),!_)throw new Error("missing: "+y);if(_===Oa)throw new Error("ambiguous: "+y);_.children?_.children.push(x):_.children=[x],x.parent=_}else{if(g)throw new Error("multiple roots");g=x}if(!g)throw new Error("no root");if(n!=null){for(;g.data===zi&&g.children.length===1;)g=g.children[0],--d;for(let E=i.length-1;E>=0&&(x=i[E],x.data===zi);--E)x.data=null}if(g.parent=jd,g.eachBefore(function(E){E.depth=E.parent.depth+1,--d}).eachBefore(Na),g.parent=null,d>0)throw new Error("cycle");return g}return r.id=function(l){return arguments.length?(e=Di(l),r):e},r.parentId=function(l){return arguments.length?(t=Di(l),r):t},r.path=function(l){return arguments.length?(n=Di(l),r):n},r}function Bd(e){e=`${e}`;let t=e.length;return Fi(e,t-1)&&!Fi(e,t-2)&&(e=e.slice(0,-1)),e[0]==="/"?e:`/${e}`}function Ra(e){let t=e.length;if(t<2)return"";for(;--t>1&&!Fi(e,t););return e.slice(0,t)}function Fi(e,t){if(e[t]==="/"){let n=0;for(;t>0&&e[--t]==="\\";)++n;if((n&1)===0)return!0}return!1}function Wd(e,t){return e.parent===t.parent?1:2}function Oi(e){var t=e.children;return t?t[0]:e.t}function Ri(e){var t=e.children;return t?t[t.length-1]:e.t}function Ud(e,t,n){var r=n/(t.i-e.i);t.c-=r,t.s+=n,e.c+=r,t.z+=n,t.m+=n}function Gd(e){for(var t=0,n=0,r=e.children,l=r.length,i;--l>=0;)i=r[l],i.z+=t,i.m+=t,t+=i.s+(n+=i.c)}function qd(e,t,n){return e.a.parent===t.parent?e.a:n}function ol(e,t){this._=e,this.parent=null,this.children=null,this.A=null,this.a=this,this.z=0,this.m=0,this.c=0,this.s=0,this.t=null,this.i=t}ol.prototype=Object.create(lr.prototype);function Yd(e){for(var t=new ol(e,0),n,r=[t],l,i,s,a;n=r.pop();)if(i=n._.children)for(n.children=new Array(a=i.length),s=a-1;s>=0;--s)r.push(l=n.children[s]=new ol(i[s],s)),l.parent=n;return(t.parent=new ol(null,0)).children=[t],t}function Va(){var e=Wd,t=1,n=1,r=null;function l(f){var m=Yd(f);if(m.eachAfter(i),m.parent.m=-m.z,m.eachBefore(s),r)f.eachBefore(d);else{var g=f,_=f,x=f;f.eachBefore(function(b){b.x<g.x&&(g=b),b.x>_.x&&(_=b),b.depth>x.depth&&(x=b)});var y=g===_?1:e(g,_)/2,k=y-g.x,M=t/(_.x+y+k),E=n/(x.depth||1);f.eachBefore(function(b){b.x=(b.x+k)*M,b.y=b.depth*E})}return f}function i(f){var m=f.children,g=f.parent.children,_=f.i?g[f.i-1]:null;if(m){Gd(f);var x=(m[0].z+m[m.length-1].z)/2;_?(f.z=_.z+e(f._,_._),f.m=f.z-x):f.z=x}else _&&(f.z=_.z+e(f._,_._));f.parent.A=a(f,_,f.parent.A||g[0])}function s(f){f._.x=f.z+f.parent.m,f.m+=f.parent.m}function a(f,m,g){if(m){for(var _=f,x=f,y=m,k=_.parent.children[0],M=_.m,E=x.m,b=y.m,P=k.m,S;y=Ri(y),_=Oi(_),y&&_;)k=Oi(k),x=Ri(x),x.a=f,S=y.z+b-_.z-M+e(y._,_._),S>0&&(Ud(qd(y,f,g),f,S),M+=S,E+=S),b+=y.m,M+=_.m,P+=k.m,E+=x.m;y&&!Ri(x)&&(x.t=y,x.m+=b-E),_&&!Oi(k)&&(k.t=_,k.m+=M-P,g=f)}return g}function d(f){f.x*=t,f.y=f.depth*n}return l.separation=function(f){return arguments.length?(e=f,l):e},l.size=function(f){return arguments.length?(r=!1,t=+f[0],n=+f[1],l):r?null:[t,n]},l.nodeSize=function(f){return arguments.length?(r=!0,t=+f[0],n=+f[1],l):r?[t,n]:null},l}function Ha(e,t,n,r,l){for(var i=e.children,s,a=-1,d=i.length,f=e.value&&(l-n)/e.value;++a<d;)s=i[a],s.x0=t,s.x1=r,s.y0=n,s.y1=n+=s.value*f}var Ba=(1+Math.sqrt(5))/2;function Wa(e,t,n,r,l,i){for(var s=[],a=t.children,d,f,m=0,g=0,_=a.length,x,y,k=t.value,M,E,b,P,S,D,C;m<_;){x=l-n,y=i-r;do M=a[g++].value;while(!M&&g<_);for(E=b=M,D=Math.max(y/x,x/y)/(k*e),C=M*M*D,S=Math.max(b/C,C/E);g<_;++g){if(M+=f=a[g].value,f<E&&(E=f),f>b&&(b=f),C=M*M*D,P=Math.max(b/C,C/E),P>S){M-=f;break}S=P}s.push(d={value:M,dice:x<y,children:a.slice(m,g)}),d.dice?Ia(d,n,r,l,k?r+=y*M/k:i):Ha(d,n,r,k?n+=x*M/k:l,i),k-=M,m=g}return s}var Ap=function e(t){function n(r,l,i,s,a){Wa(t,r,l,i,s,a)}return n.ratio=function(r){return e((r=+r)>1?r:1)},n}(Ba);var $p=function e(t){function n(r,l,i,s,a){if((d=r._squarify)&&d.ratio===t)for(var d,f,m,g,_=-1,x,y=d.length,k=r.value;++_<y;){for(f=d[_],m=f.children,g=f.value=0,x=m.length;g<x;++g)f.value+=m[g].value;f.dice?Ia(f,l,i,s,k?i+=(a-i)*f.value/k:a):Ha(f,l,i,k?l+=(s-l)*f.value/k:s,a),k-=f.value}else r._squarify=d=Wa(t,r,l,i,s,a),d.ratio=t}return n.ratio=function(r){return e((r=+r)>1?r:1)},n}(Ba);var qt={cards:{width:148,height:56,row:84,columnMin:214,columnMax:290,margin:28},names:{width:96,height:20,row:25,columnMin:150,columnMax:260,margin:20},small:{width:62,height:26,row:40,columnMin:78,columnMax:130,margin:8}},Kd=16,Ua="\0";function Ga(e,t){return e==="down"?"down":e==="unknown"?"unknown":t>=.05?"bad":t>=.01||e==="suspect"?"fair":"good"}var sl={up:0,unknown:1,suspect:2,down:3},al=(e,t)=>e<t?`${e} ${t}`:`${t} ${e}`;function Zd(e){let t=new Set(e.map(({name:r})=>r)),n=new Map;for(let{name:r,links:l,state:i}of e)for(let s of l){if(!t.has(s.name))continue;let a=al(r,s.name),d=Math.max(s.lossIn,s.lossOut),f=n.get(a);if(f===void 0){let{state:m,rttMs:g}=s;n.set(a,{a:r,b:s.name,state:m,rttMs:g,loss:d})}else sl[s.state]>sl[f.state]&&i==="here"&&(f.state=s.state),f.rttMs??=s.rttMs,f.loss=Math.max(f.loss,d)}for(let r of n.values())e.some(({name:i,state:s})=>s==="silent"&&(i===r.a||i===r.b))&&(r.state="down");return n}function Jd(e,t){return t!==void 0?e.streams.find(({name:n})=>n===t):e.streams.find(({parents:n})=>n.length>0)??e.streams.find(({state:n})=>n==="source")}function Qd(e,t,n){let r=new Map(e.map(f=>[f.name,f])),l=new Map,i=(f,m)=>{for(let g=f,_=0;g!==void 0&&_<e.length;_++){if(g===m)return!0;g=l.get(g)}return!1};for(let f of e){let m=Jd(f,t)?.parents.find(g=>r.has(g));m!==void 0&&!i(m,f.name)&&l.set(f.name,m)}let s=e.filter(f=>f.roles.includes("origin")&&!l.has(f.name)),a=new Set(s.map(({name:f})=>f)),d=f=>{let m=l.get(f);return m!==void 0&&(a.has(m)||d(m))};for(let{name:f}of e)d(f)&&a.add(f);return Xd(e,n,l,a),l}function Xd(e,t,n,r){let l=new Set(e.filter(({roles:a})=>a.includes("viewer")).map(({name:a})=>a)),i=[...t.values()].sort((a,d)=>sl[a.state]-sl[d.state]||(al(a.a,a.b)<al(d.a,d.b)?-1:1)),s=a=>{let d=n.get(a);return d===void 0?0:1+s(d)};for(let a=!0;a;){a=!1;let d=new Map;for(let{a:f,b:m,state:g}of i)for(let[_,x]of[[f,m],[m,f]]){if(!r.has(_)||r.has(x)||n.has(x)||l.has(_))continue;let y=s(_)+(g==="down"?100:0);y<(d.get(x)?.depth??1/0)&&d.set(x,{parent:_,depth:y})}for(let[f,{parent:m}]of d)n.set(f,m),r.add(f),a=!0;for(let{name:f}of e){let m=n.get(f);m!==void 0&&r.has(m)&&!r.has(f)&&(r.add(f),a=!0)}}}function eh(e,t,n){let r=new Set(e.map(({name:d})=>d)),l=new Map,i=d=>{let f=n.get(d),m=f?.loss??0;return{health:Ga(f?.state??"unknown",m),rttMs:f?.rttMs,loss:m}};for(let[d,{a:f,b:m}]of n)l.set(d,{key:d,from:f,to:m,kind:"link",...i(d)});let s=d=>{for(let f of e){let m=t===void 0?f.streams:f.streams.filter(({name:g})=>g===t);for(let g of m){let _=d==="tree"?g.parents:g.standby??[];for(let x of[_].flat()){if(!r.has(x))continue;let y=al(x,f.name),k=i(y),M=k.rttMs??g.hopRttMs,E=d==="tree"?Math.max(k.loss,g.loss):k.loss,b=e.some(({name:D,state:C})=>C==="silent"&&(D===x||D===f.name)),P=n.get(y)?.state??(b?"down":"up"),S=Ga(P==="unknown"&&M!==void 0?"up":P,E);l.set(y,{key:y,from:x,to:f.name,kind:d,health:S,rttMs:M,loss:E})}}}};s("standby"),s("tree");let a={link:0,standby:1,tree:2};return[...l.values()].sort((d,f)=>a[d.kind]-a[f.kind])}function qa(e,t,n){let r=[...e].sort((D,C)=>D.name.localeCompare(C.name,"en",{numeric:!0})),l=Zd(r),i=Qd(r,t,l),s=[{name:Ua,parent:""},...r.map(({name:D})=>({name:D,parent:i.get(D)??Ua}))],a=ja().id(({name:D})=>D).parentId(({parent:D})=>D)(s),d=Math.max(1,a.height),f=n>=d*qt.cards.columnMin,m=n<d*qt.names.columnMin,g=r.length<=Kd&&f?"cards":m?"small":"names",_=qt[g],x=n-2*_.margin-_.width,y=d<2?_.columnMin:Math.min(_.columnMax,Math.max(_.columnMin,x/(d-1)));Va().nodeSize([_.row,y]).separation((D,C)=>D.parent===C.parent?1:1.2)(a);let k=a.descendants().filter(({depth:D})=>D>0),M=Math.min(...k.map(({x:D})=>D??0)),E=Math.max(...k.map(({x:D})=>D??0)),b=Math.max(n,2*_.margin+_.width+(d-1)*y),P=(b-(_.width+(d-1)*y))/2+_.width/2,S=new Map(r.map(D=>[D.name,D]));return{detail:g,width:b,height:(k.length===0?0:E-M)+_.height+2*_.margin+12,nodes:k.flatMap(({id:D="",x:C=0,depth:q})=>{let B=S.get(D);if(B===void 0)return[];let Z=(C??0)-M+_.height/2+_.margin+6;return[{node:B,x:P+(q-1)*y,y:Z,hop:q-1}]}),lines:eh(r,t,l)}}function Ni(e,t,n){let[r,l]=e.x<=t.x?[e,t]:[t,e],i={x:r.x+n,y:r.y};if(l.x-r.x<2*n){let d={x:l.x+n,y:l.y},f=n*.35+Math.min(60,Math.abs(l.y-r.y)*.18);return{points:[i,{x:i.x+f,y:i.y},{x:d.x+f,y:d.y},d]}}let s={x:l.x-n,y:l.y},a=(s.x-i.x)*.5;return{points:[i,{x:i.x+a,y:i.y},{x:s.x-a,y:s.y},s]}}function Ka({points:[e,t,n,r]}){let l=({x:i,y:s})=>`${i.toFixed(1)} ${s.toFixed(1)}`;return`M${l(e)}C${l(t)} ${l(n)} ${l(r)}`}function th({points:[e,t,n,r]},l){let i=1-l,s=(a,d,f,m)=>i*i*i*a+3*i*i*l*d+3*i*l*l*f+l*l*l*m;return{x:s(e.x,t.x,n.x,r.x),y:s(e.y,t.y,n.y,r.y)}}var nh=(e,t)=>Math.abs(e.x-t.x)*2<e.w+t.w&&Math.abs(e.y-t.y)*2<e.h+t.h;function Ii({rttMs:e,loss:t,health:n}){if(n==="down")return"down";let r=e===void 0?"":e<10?e.toFixed(1):String(Math.round(e)),l=t<.001?"":`${(t*100).toFixed(t<.1?1:0)} %`;return[r===""?"":`${r} ms`,l].filter(i=>i!=="").join(" \xB7 ")}var rh=5.9,lh=15,Ya=[.5,.62,.38,.74,.26,.84,.16];function Za(e,t){let{detail:n,lines:r}=e,l=qt[n],i=e.nodes.map(({x:d,y:f})=>({x:d,y:f,w:l.width+6,h:l.height+4})),s=[],a=[...r].reverse().filter(d=>n==="cards"||d.health==="bad"||d.health==="down"||n==="names"&&d.kind==="tree");for(let d of a){let[f,m]=[t.get(d.from),t.get(d.to)],g=Ii(d);if(f===void 0||m===void 0||g==="")continue;let _=Ni(f,m,l.width/2),x=d.kind==="tree"?[.8,.7,...Ya]:Ya;for(let y of x){let k={...th(_,y),w:g.length*rh+8,h:lh};if(!(k.x-k.w/2<0||k.x+k.w/2>e.width||i.some(E=>nh(k,E)))){i.push(k),s.push({key:d.key,x:k.x,y:k.y,text:g,health:d.health});break}}}return s}var ih=650,oh=e=>1-(1-e)**3;function Ja(e,t){let[n,r]=ke(e),l=Wt(e);return ze(()=>{let i=l.current,s=matchMedia("(prefers-reduced-motion: reduce)").matches||document.hidden,a=[...e].some(([g,{x:_,y:x}])=>{let y=i.get(g);return y!==void 0&&(Math.abs(y.x-_)>.5||Math.abs(y.y-x)>.5)});if(s||!a){l.current=e,r(e);return}let d=performance.now(),f=0,m=g=>{let _=Math.min(1,Math.max(0,(g-d)/ih)),x=oh(_);l.current=_>=1?e:new Map([...e].map(([y,k])=>{let{x:M,y:E}=i.get(y)??k;return[y,{x:M+(k.x-M)*x,y:E+(k.y-E)*x}]})),r(l.current),_<1&&(f=requestAnimationFrame(m))};return f=requestAnimationFrame(m),()=>cancelAnimationFrame(f)},[t]),{shown:n,moving:n!==e}}function sh(){let e=Wt(null),[t,n]=ke(0);return ze(()=>{let{current:r}=e;if(r===null)return;let l=new ResizeObserver(()=>n(Math.floor(r.clientWidth)));return l.observe(r),n(Math.floor(r.clientWidth)),()=>l.disconnect()},[]),{element:e,width:t}}function ji(e){if(e.state==="silent")return`silent for ${rn(e.ageMs)}`;let t=yt(e);return t==="origin"?`sends ${Se(e.rateOut)}`:t==="viewer"?Se(e.rateIn):t==="other"?e.roles.join(", "):e.rateIn===0&&e.rateOut===0?"idle":`${Se(e.rateIn)} in, ${Se(e.rateOut)} out`}function Xa(e){return e.sessions===0?"":It(e.sessions,"viewer")}function ah(e){return[e.name,ln[yt(e)],ji(e),Xa(e)].filter(n=>n!=="").join(", ")}function ec(e,t){return e.length<=t?e:`${e.slice(0,t-1)}\u2026`}function tc({node:e,at:t,self:n,children:r}){return u("g",{transform:`translate(${t.x.toFixed(1)} ${t.y.toFixed(1)})`,children:u("a",{href:`#/node/${e.name}`,class:`mark ${e.state}${n?" self":""}`,"aria-label":ah(e),"data-node":e.name,children:r})})}function ch({node:e,at:t,self:n}){let{width:r,height:l}=qt.cards,i=Xa(e);return u(tc,{node:e,at:t,self:n,children:[u("rect",{class:"box",x:-r/2,y:-l/2,width:r,height:l,rx:"12"}),u(qn,{kind:yt(e),x:-r/2+21,y:i===""?0:-9}),u("text",{class:"name",x:-r/2+40,y:"-5",children:ec(e.name,13)}),u("text",{class:"figure",x:-r/2+40,y:"12",children:(yt(e)==="relay"||yt(e)==="pop")&&e.state==="here"&&e.rateIn+e.rateOut>0?`\u2193 ${Qa(e.rateIn)}  \u2191 ${Qa(e.rateOut)}`:ji(e)}),i!==""&&u("text",{class:"people",x:-r/2+21,y:"17",children:`\u25C9 ${e.sessions}`})]})}function Qa(e){return e>=1e6?`${(e/1e6).toFixed(1)}M`:`${Math.round(e/1e3)}k`}function uh({node:e,at:t,self:n,detail:r}){let{width:l,height:i}=qt[r],s=r==="small",a=e.sessions===0?"":` \u25C9${e.sessions}`;return u(tc,{node:e,at:t,self:n,children:[u("rect",{class:"box",x:-l/2,y:-i/2,width:l,height:i,rx:i/2}),u(qn,{kind:yt(e),x:-l/2+12,scale:s?.68:.72}),u("text",{class:"name",x:-l/2+23,y:"4",children:[ec(e.name,(s?6:11)-a.length),a!==""&&u("tspan",{class:"people",children:a})]})]})}var fh={tree:"carries the stream",standby:"standby path",link:"link"};function dh({line:e,from:t,to:n,halfWidth:r}){let l=`${e.from} to ${e.to}: ${fh[e.kind]}`,i=e.loss>0?`, ${We(e.loss)} lost`:"";return u("path",{class:`line ${e.kind} ${e.health}`,d:Ka(Ni(t,n,r)),children:u("title",{children:`${l}, ${Ii({...e,loss:0})||"not measured"}${i}`})})}function hh({labels:e}){return u("g",{class:"labels","aria-hidden":"true",children:e.map(({key:t,x:n,y:r,text:l,health:i})=>u("text",{class:i,x:n.toFixed(1),y:(r+3.5).toFixed(1),children:l},t))})}function ph(e){return new Map(e.nodes.map(({node:t,x:n,y:r})=>[t.name,{x:n,y:r}]))}function nc({nodes:e,stream:t,self:n}){let{element:r,width:l}=sh(),i=Gn(()=>qa(e,t,Math.max(300,l)),[e,t,l]),s=ph(i),a=[...s].map(([y,{x:k,y:M}])=>`${y} ${k|0} ${M|0}`).join(),{shown:d,moving:f}=Ja(s,a),m=f&&d.size>0?new Map([...s,...d]):s,g=Gn(()=>Za(i,s),[i]),{detail:_}=i,x=qt[_].width/2;return u("div",{class:`picture ${_}`,ref:r,role:"region","aria-label":"Topology",tabIndex:0,children:u("svg",{width:i.width,height:i.height,viewBox:`0 0 ${i.width} ${i.height}`,role:"group","aria-label":"The network: every node is a link to its page; the table below says the same",children:[i.lines.map(y=>{let[k,M]=[m.get(y.from),m.get(y.to)];return k!==void 0&&M!==void 0&&u(dh,{line:y,from:k,to:M,halfWidth:x},y.key)}),!f&&u(hh,{labels:g}),i.nodes.map(({node:y})=>{let k={node:y,at:m.get(y.name)??{x:0,y:0},self:y.name===n};return _==="cards"?u(ch,{...k},y.name):u(uh,{...k,detail:_},y.name)})]})})}function rc({nodes:e}){let t=new Set(e.map(yt));return u("ul",{class:"legend","aria-label":"Legend",children:[Object.keys(ln).filter(n=>t.has(n)).map(n=>u("li",{children:[u("svg",{width:"20",height:"20",viewBox:"-10 -10 20 20","aria-hidden":"true",children:u(qn,{kind:n})}),ln[n]]},n)),[["tree good","carries the stream"],["standby good","standby"],["link good","link"],["tree fair","some loss"],["tree bad","much loss"],["link down","down"]].map(([n,r])=>u("li",{children:[u("svg",{width:"30",height:"12",viewBox:"0 0 30 12","aria-hidden":"true",children:u("path",{class:`line ${n}`,d:"M2 6H28"})}),r]},n))]})}var Vi=1500,mh=300,tt={view:void 0,events:[],offers:new Set,trouble:void 0,needsToken:document.body.dataset.token==="needed"&&sessionStorage.getItem("espalier-token")===null},Hi=new Set;function cl(){for(let e of Hi)e()}function oc(){let[,e]=ql(t=>t+1,0);return ze(()=>{let t=()=>e(void 0);return Hi.add(t),()=>void Hi.delete(t)},[]),tt}function lc(e){let[t="",n="0"]=String(e.control??"").split(/:(?=\d+$)/),r=Array.isArray(e.neighbors)?e.neighbors:[];return{name:e.name,instance:Number(e.instance??0),roles:Array.isArray(e.roles)?e.roles:[],pop:e.pop===!0,host:t,ports:{control:Number(n),keepalive:0,media:0},version:String(e.version??""),uptimeMs:Number(e.uptimeMs??0),cpu:0,memoryBytes:0,rateIn:0,rateOut:0,loss:0,repaired:0,lost:0,sessions:0,children:0,maxChildren:0,closed:!1,waitMs:0,cut:0,ageMs:0,state:"here",links:r.map(l=>({name:l,control:{host:"",port:0},state:"up",rttMs:void 0,lossIn:0,lossOut:0})),streams:[]}}async function gh(){let e=await it("/api/v1/node"),n=(await it("/api/v1/roles")).flatMap(({status:l})=>l.nodes??[]),r=[lc(e),...n.map(lc)];return{self:r[0]?.name,atMs:0,nodes:r,unanswered:[],leftOut:0}}function sc(e){e instanceof yn&&e.status===401&&(tt.needsToken=!0),tt.trouble=e instanceof yn?e.message:"The node does not answer."}async function _h(){try{tt.view=tt.offers.has("get /api/v1/network")?await it("/api/v1/network"):await gh(),tt.trouble=void 0}catch(e){sc(e)}cl()}async function xh(){let e=await it("/api/v1/openapi.json");tt.offers=new Set(Object.entries(e.paths).flatMap(([t,n])=>Object.keys(n).map(r=>`${r} ${t}`)))}var ic=e=>new Promise(t=>setTimeout(t,e));async function wh(){for(;;)try{await xh();break}catch(e){if(sc(e),cl(),tt.needsToken)return;await ic(Vi)}for(tt.offers.has("get /api/v1/events")&&Ko(new AbortController().signal,yh);!tt.needsToken;)await _h(),await ic(document.hidden?10*Vi:Vi)}function yh(e){tt.events=[e,...tt.events].slice(0,mh),cl()}function Bi(){tt.needsToken||wh()}function ac(){tt.needsToken=!1,tt.trouble=void 0,cl(),Bi()}function vh(e,t,n){return e.streams.find(r=>r.name===n)?.hopRttMs??e.links.find(r=>r.name===t)?.rttMs}function bh(e,t,n){let r=[e];for(let a=e;r.length<=32;){let d=a.streams.find(m=>m.name===t);if(d===void 0||d.state==="source")break;let f=n.get(d.parents[0]??"");if(f===void 0||r.includes(f))return;r.push(f),a=f}r.reverse();let l=[],i=!0;r.forEach((a,d)=>{let f=r[d-1];if(f!==void 0){let g=vh(a,f.name,t);i&&=g!==void 0,l.push({kind:"network",label:`${f.name} \u2192 ${a.name}`,ms:(g??0)/2})}l.push({kind:"node",label:`${a.name} forwards`,ms:a.waitMs});let m=a.streams.find(({name:g})=>g===t);if(m!==void 0&&m.loss>0&&m.repairMs>0){let g=`${a.name} repairs ${(m.loss*100).toFixed(1)} %`;l.push({kind:"repair",label:g,ms:m.loss*m.repairMs})}});let s=e.streams.find(a=>a.name===t)?.bufferMs??0;return s>0&&l.push({kind:"buffer",label:`${e.name} buffers`,ms:s}),{node:e.name,path:r.map(({name:a})=>a),shares:l,totalMs:l.reduce((a,d)=>a+d.ms,0),complete:i}}function cc(e,t){let n=new Map(t.map(i=>[i.name,i])),r=t.filter(i=>i.streams.some(s=>s.name===e&&s.state!=="idle")),l=r.filter(i=>i.streams.some(s=>s.name===e&&s.sessions>0));return(l.length>0?l:r).flatMap(i=>bh(i,e,n)??[]).sort((i,s)=>s.totalMs-i.totalMs)}function Ui(e){return[...new Set(e.nodes.flatMap(({streams:n})=>n.map(({name:r})=>r)))].sort().map(n=>{let r=e.nodes.flatMap(i=>i.state==="here"?i.streams.filter(s=>s.name===n).map(s=>({node:i.name,one:s})):[]),l=i=>r.reduce((s,{one:a})=>s+i(a),0);return{name:n,viewers:l(i=>i.sessions),nodes:r.filter(({one:i})=>i.state!=="idle").length,bitrate:Math.max(0,...r.map(({one:i})=>i.rateIn)),worstLoss:Math.max(0,...r.map(({one:i})=>i.loss)),lost:l(i=>i.lost),repaired:l(i=>i.repaired),runsHere:r.some(({node:i,one:s})=>i===e.self&&s.state!=="idle")}})}var kh={off:"pictures are off","not-here":"does not run at this node","no-ffmpeg":"no ffmpeg here","no-picture":"no picture yet",busy:"picture on its way"},Sh=1e4;function Mh({stream:e,offered:t}){let[n,r]=ke({why:t?"busy":"not-here"});return ze(()=>{if(!t)return;let l=()=>void it(`/api/v1/thumbnails/${e}`).then(r).catch(()=>{});l();let i=setInterval(l,Sh);return()=>clearInterval(i)},[e,t]),n.jpeg===void 0?u("div",{class:"thumbnail none",children:kh[n.why??""]??n.why}):u("img",{class:"thumbnail",src:`data:image/jpeg;base64,${n.jpeg}`,alt:`Picture of ${e}`})}function Th({way:e,longestMs:t}){return u("div",{class:"budget",children:[u("div",{class:"head",children:[u("a",{href:`#/node/${e.node}`,children:e.node}),u("span",{class:"muted",children:e.path.join(" \u2192 ")}),u("b",{children:`${e.complete?"":"at least "}${Nt(e.totalMs)}`})]}),u("div",{class:"bar","aria-hidden":"true",children:e.shares.map(({kind:n,label:r,ms:l})=>u("i",{class:n,title:`${r}: ${Nt(l)}`,style:{width:`${Math.max(.15,l/Math.max(t,.001)*100)}%`}},r))}),u("details",{children:[u("summary",{children:`${It(e.path.length-1,"hop")}, step by step`}),u("table",{children:u("tbody",{children:e.shares.map(({kind:n,label:r,ms:l})=>u("tr",{children:[u("td",{children:[u("i",{class:`swatch ${n}`}),r]}),u("td",{class:"number",children:Nt(l)})]},r))})})]})]})}var Wi=8;function Eh({view:e,stream:t,thumbnails:n}){let r=cc(t.name,e.nodes),l=Math.max(0,...r.map(i=>i.totalMs));return u("section",{class:"card stream","aria-label":`Stream ${t.name}`,children:[u("div",{class:"top",children:[u(Mh,{stream:t.name,offered:n&&t.runsHere}),u("div",{children:[u("h2",{children:t.name}),u("dl",{class:"facts",children:[u("div",{children:[u("dt",{children:"Viewers"}),u("dd",{children:t.viewers})]}),u("div",{children:[u("dt",{children:"Nodes"}),u("dd",{children:t.nodes})]}),u("div",{children:[u("dt",{children:"Bit rate"}),u("dd",{children:Se(t.bitrate)})]}),u("div",{children:[u("dt",{children:"Worst hop"}),u("dd",{children:`${We(t.worstLoss)} lost`})]}),u("div",{children:[u("dt",{children:"Repaired"}),u("dd",{children:t.repaired})]}),u("div",{children:[u("dt",{children:"Lost for good"}),u("dd",{children:t.lost})]})]})]})]}),u("h3",{children:"From source to screen"}),r.length===0&&u("p",{class:"muted",children:"It runs nowhere just now."}),r.slice(0,Wi).map(i=>u(Th,{way:i,longestMs:l},i.node)),r.length>Wi&&u("p",{class:"muted",children:`and ${It(r.length-Wi,"shorter way")}`})]})}function uc({view:e,thumbnails:t}){let n=Ui(e);return u(me,{children:[u("h1",{children:"Streams"}),u("ul",{class:"legend","aria-label":"Shares of the delay",children:[u("li",{children:[u("i",{class:"swatch network"}),"network: half a round trip a hop"]}),u("li",{children:[u("i",{class:"swatch node"}),"node: how late its event loop runs"]}),u("li",{children:[u("i",{class:"swatch repair"}),"repair, spread over all packets"]}),u("li",{children:[u("i",{class:"swatch buffer"}),"buffer of the sink"]})]}),n.length===0&&u("p",{class:"muted",children:"No stream is known."}),n.map(r=>u(Eh,{view:e,stream:r,thumbnails:t},r.name))]})}var fc=`:root {
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
  --good: #2f8f6b;
  --fair: #a86a00;
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
.mark .figure {
  font-size: 11.5px;
  fill: var(--muted);
}
.mark.silent .figure {
  fill: var(--bad);
}
.mark .people {
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
.small .line.tree {
  stroke-width: 2.6;
}
.labels text {
  font-size: 11px;
  text-anchor: middle;
  fill: var(--muted);
  stroke: var(--surface);
  stroke-width: 4px;
  paint-order: stroke;
  stroke-linejoin: round;
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
`;var $h=2e3;function Ph(){let[e,t]=ke();return ze(()=>{let n=()=>void it("/api/v1/swarm").then(t).catch(()=>{});n();let r=setInterval(n,$h);return()=>clearInterval(r)},[]),e}var Lh=200;function Ch({map:e,pieces:t}){let n=l=>parseInt(e.slice(2*(l>>3),2*(l>>3)+2),16)>>7-l%8&1,r=Math.min(Lh,t);return Array.from({length:r},(l,i)=>{let s=Math.floor(i*t/r),a=Math.max(s+1,Math.floor((i+1)*t/r)),d=0;for(let f=s;f<a;f++)d+=n(f);return d/(a-s)})}function Dh({transfer:e}){let t=Ch(e);return u("svg",{class:"strip",viewBox:`0 0 ${Math.max(1,t.length)} 10`,preserveAspectRatio:"none",role:"img","aria-label":`${e.name}: ${e.heldPieces} of ${e.pieces} pieces are here`,children:t.map((n,r)=>u("rect",{class:"piece",opacity:n,x:r,y:"0",width:"1.02",height:"10"},r))})}function zh({transfer:e}){let t=r=>e.peers.reduce((l,i)=>l+r(i),0),n=[e.error??(e.complete?"complete":"under way"),nn(e.sizeBytes),`${e.heldPieces} of ${e.pieces} pieces`,It(e.peers.length,"peer"),`${Se(8*t(r=>r.downBytesPerSecond))} down`,`${Se(8*t(r=>r.upBytesPerSecond))} up`];return u("p",{class:"muted",children:n.join(" \xB7 ")})}function dc(){let e=Ph();return e===void 0?u("p",{class:"muted",children:"The swarm has not told yet."}):u(me,{children:[u("h1",{children:"Swarm"}),u("section",{class:"card",children:[u("dl",{class:"facts",children:[u("div",{children:[u("dt",{children:"Files shared"}),u("dd",{children:e.shared})]}),u("div",{children:[u("dt",{children:"Connections"}),u("dd",{children:e.connections})]}),u("div",{children:[u("dt",{children:"Down"}),u("dd",{children:Se(8*e.downBytesPerSecond)})]}),u("div",{children:[u("dt",{children:"Up"}),u("dd",{children:Se(8*e.upBytesPerSecond)})]})]}),e.transfers.length===0&&u("p",{class:"muted",children:"Nothing is being fetched."}),e.transfers.map(t=>u("article",{class:"transfer",children:[u("h2",{children:t.name}),u(zh,{transfer:t}),u(Dh,{transfer:t})]},t.id))]})]})}var fl="";function Oh(){let e=()=>location.hash.replace(/^#\/?/,"").split("/").map(decodeURIComponent),[t,n]=ke(e);return ze(()=>{let r=()=>{n(e()),scrollTo(0,0)};return addEventListener("hashchange",r),()=>removeEventListener("hashchange",r)},[]),t}var ul=["auto","light","dark"];function Rh(){let e=localStorage.getItem("espalier-theme"),[t,n]=ke(ul.find(d=>d===e)??"auto"),r=matchMedia("(prefers-color-scheme: dark)"),[l,i]=ke(r.matches);ze(()=>{let d=()=>i(r.matches);return r.addEventListener("change",d),()=>r.removeEventListener("change",d)},[]);let s=t==="auto"?l?"dark":"light":t;return document.documentElement.dataset.theme=s,[s,t,()=>{let d=ul[(ul.indexOf(t)+1)%ul.length]??"auto";localStorage.setItem("espalier-theme",d),n(d)}]}function Fh(){let[e,t]=ke("");return u("form",{class:"card token",onSubmit:n=>{n.preventDefault(),Kl.set(e.trim()),ac()},children:[u("h1",{children:"This node asks for its token"}),u("p",{class:"muted",children:["It stands in the node's config as ",u("code",{children:"admin.token"}),", and is kept for this tab only."]}),u("label",{children:["Token",u("input",{type:"password",autocomplete:"off",value:e,onInput:n=>t(n.currentTarget.value)})]}),u("button",{type:"submit",disabled:e.trim()==="",children:"Open"})]})}function Nh({view:e}){let t=e.nodes.filter(({state:s})=>s==="here"),n=e.nodes.length-t.length,r=t.flatMap(s=>s.links),l=Math.max(0,...t.map(({loss:s})=>s)),i=s=>t.reduce((a,d)=>a+s(d),0);return u("dl",{class:"facts headline",children:[u("div",{children:[u("dt",{children:"Nodes"}),u("dd",{children:[t.length,n>0&&u("em",{class:"bad",children:` + ${n} silent`})]})]}),u("div",{children:[u("dt",{children:"Viewers"}),u("dd",{children:i(s=>s.sessions)})]}),u("div",{children:[u("dt",{children:"Carried"}),u("dd",{children:Se(i(s=>s.rateOut))})]}),u("div",{children:[u("dt",{children:"Worst loss"}),u("dd",{class:l>=.05?"bad":l>=.01?"fair":"",children:We(l)})]}),u("div",{children:[u("dt",{children:"Links"}),u("dd",{children:Math.round(r.length/2)})]})]})}function Ih({view:e,stream:t,choose:n}){let r=Ui(e);return u("fieldset",{class:"choice",children:[u("legend",{children:"Tree of"}),[fl,...r.map(({name:l})=>l)].map(l=>{let i=r.find(s=>s.name===l)?.viewers;return u("label",{class:t===l?"on":"",children:[u("input",{type:"radio",name:"stream",checked:t===l,onChange:()=>n(l)}),l===fl?"all streams":l,i!==void 0&&u("span",{class:"pill",children:It(i,"viewer")})]},l)})]})}function jh({state:e,view:t}){let[n,r]=ke(fl),l=n===fl?void 0:n;return u(me,{children:[u("h1",{class:"quiet",children:`The network, seen from ${t.self}`}),u(Nh,{view:t}),u("section",{class:"card hero","aria-label":"Topology and streams",children:[u(Ih,{view:t,stream:n,choose:r}),u(nc,{nodes:t.nodes,stream:l,self:t.self}),u(rc,{nodes:t.nodes}),t.leftOut>0&&u("p",{class:"bad",children:`${It(t.leftOut,"more node")} did not fit.`})]}),u("section",{class:"card","aria-label":"Events",children:[u("h2",{children:`What happened at ${t.self}`}),u(Ql,{events:e.events,most:8})]}),u("details",{class:"card",children:[u("summary",{children:"All nodes as a table"}),u($a,{view:t,stream:l})]})]})}function Vh({state:e,route:t,theme:n}){let{view:r}=e;if(e.needsToken)return u(Fh,{});if(r===void 0)return u("p",{class:"muted wait",role:"status",children:e.trouble??"Looking at the network \u2026"});let[l="",i=r.self]=t;switch(l){case"node":return u(Da,{state:e,view:r,name:i,theme:n},i);case"streams":return u(uc,{view:r,thumbnails:e.offers.has("get /api/v1/thumbnails/{origin}/{name}")});case"plugins":return u(za,{state:e,self:r.self});case"events":return u(Jo,{events:e.events,self:r.self});case"swarm":return u(dc,{});default:return u(jh,{state:e,view:r})}}function Hh(){let e=oc(),t=Oh(),[n,r,l]=Rh(),i=e.view?.self??"",s=Gn(()=>[["","Network"],["streams","Streams"],["node","This node"],["plugins","Plugins"],...e.offers.has("get /api/v1/events")?[["events","Events"]]:[],...e.offers.has("get /api/v1/swarm")?[["swarm","Swarm"]]:[]],[e.offers]),a=t[0]==="node"&&t[1]!==void 0&&t[1]!==i?"?":t[0];return u(me,{children:[u("a",{class:"skip",href:"#main",children:"To the content"}),u("header",{children:[u("a",{class:"brand",href:"#/","aria-label":"Espalier, the network",children:[u("svg",{width:"26",height:"26",viewBox:"0 0 26 26","aria-hidden":"true",children:u("path",{d:"M13 25V3M13 20C7 20 4 17 4 12M13 20c6 0 9-3 9-8M13 12c-4 0-6-2-6-6M13 12c4 0 6-2 6-6"})}),"Espalier"]}),u("nav",{"aria-label":"Pages",children:s.map(([d,f])=>u("a",{href:`#/${d}`,"aria-current":a===d?"page":void 0,children:f},d))}),u("button",{type:"button",class:"theme",onClick:l,children:`Theme: ${r}`})]}),e.view!==void 0&&e.trouble!==void 0&&!e.needsToken&&u("p",{class:"trouble",role:"alert",children:[e.trouble," What is shown is what was known last."]}),u("main",{id:"main",tabIndex:-1,children:u(Vh,{state:e,route:t,theme:n})})]})}for(let e of[Yo,fc]){let t=new CSSStyleSheet;t.replaceSync(e),document.adoptedStyleSheets.push(t)}var hc=document.getElementById("app");hc!==null&&Oo(u(Hh,{}),hc);Bi();
